package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/vfilter"
)

// A stored row: the file that holds it, its number, its columns.
type row struct {
	Row    int    `json:"row"`
	Table  string `json:"table"`
	Values values `json:"values"`
}

type values struct{ *ordereddict.Dict }

// UnmarshalJSON keeps the order of members, whole numbers whole, and texts texts: ordereddict's own reading makes times of some texts,
// which no row of parse_evtx() has.
func (self *values) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := decode(decoder)
	if err != nil {
		return err
	}
	dict, ok := value.(*ordereddict.Dict)
	if !ok {
		return fmt.Errorf("a row that is no object: %s", data)
	}
	self.Dict = dict
	return nil
}

func decode(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		return number(token.String())
	case nil:
		return vfilter.Null{}, nil
	case json.Delim:
		if token == '[' {
			items := []any{}
			for decoder.More() {
				item, err := decode(decoder)
				if err != nil {
					return nil, err
				}
				items = append(items, item)
			}
			_, err = decoder.Token()
			return items, err
		}
		dict := ordereddict.NewDict()
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			member, err := decode(decoder)
			if err != nil {
				return nil, err
			}
			dict.Set(name.(string), member)
		}
		_, err = decoder.Token()
		return dict, err
	default:
		return token, nil
	}
}

func number(text string) (any, error) {
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return whole, nil
	}
	if whole, err := strconv.ParseUint(text, 10, 64); err == nil {
		return whole, nil
	}
	return strconv.ParseFloat(text, 64)
}
