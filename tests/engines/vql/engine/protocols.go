package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/Velocidex/ordereddict"
	"www.velocidex.com/golang/vfilter/protocols"
	"www.velocidex.com/golang/vfilter/types"
)

// What a value that is no text is matched as by =~; vfilter itself knows texts and lists. A Boolean and NULL never match.
func matched(value types.Any) (string, bool) {
	switch value := value.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float64, time.Time:
		return fmt.Sprintf("%v", value), true
	case *ordereddict.Dict:
		// As Go writes JSON: < > & are escaped.
		text, err := json.Marshal(value)
		return string(text), err == nil
	}
	return "", false
}

type anyMatch struct{}

func (anyMatch) Applicable(pattern types.Any, target types.Any) bool {
	_, isText := pattern.(string)
	_, isMatched := matched(target)
	return isText && isMatched
}

func (anyMatch) Match(scope types.Scope, pattern types.Any, target types.Any) bool {
	text, _ := matched(target)
	return protocols.Match(scope, pattern.(string), text)
}

// A Boolean equals a text on its right: TRUE 'TRUE' alone, FALSE all others.
type boolEqual struct{}

func (boolEqual) Applicable(left types.Any, right types.Any) bool {
	_, isBool := left.(bool)
	_, isText := right.(string)
	return isBool && isText
}

func (boolEqual) Eq(_ types.Scope, left types.Any, right types.Any) bool {
	return left == (right == "TRUE")
}

// A time and a text that says one.
func moments(left types.Any, right types.Any) (time.Time, time.Time, bool) {
	one, isOne := moment(left)
	other, isOther := moment(right)
	return one, other, isOne && isOther
}

func moment(value types.Any) (time.Time, bool) {
	switch value := value.(type) {
	case time.Time:
		return value, true
	case string:
		return dated(value)
	}
	return time.Time{}, false
}

func timed(left types.Any, right types.Any) bool {
	_, isLeft := left.(time.Time)
	_, isRight := right.(time.Time)
	_, _, both := moments(left, right)
	return (isLeft || isRight) && both
}

type timeLess struct{}

func (timeLess) Applicable(left types.Any, right types.Any) bool { return timed(left, right) }

func (timeLess) Lt(_ types.Scope, left types.Any, right types.Any) bool {
	one, other, _ := moments(left, right)
	return one.Before(other)
}

type timeGreater struct{}

func (timeGreater) Applicable(left types.Any, right types.Any) bool { return timed(left, right) }

func (timeGreater) Gt(_ types.Scope, left types.Any, right types.Any) bool {
	one, other, _ := moments(left, right)
	return one.After(other)
}
