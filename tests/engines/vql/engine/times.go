package main

import (
	"context"
	"math"
	"regexp"
	"strconv"
	"time"

	"www.velocidex.com/golang/vfilter/types"
)

// Ways to write a time that this program reads.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04", "2006-01-02"}

// Texts that are no time, as measured: without digits, with something before the year, or with T or Z in lower case. Velociraptor 0.75.5
// remembers the texts it has read, and gives the year 1 for the same text again; here it is NULL each time.
var undated = regexp.MustCompile(`^\D*$|^\D+\d{4}-\d\d-|^\d{4}-\d\d-.*[tz]|:\d\d[xX]$`)

// A whole time and something behind it, which is passed over: measured for these.
var behind = regexp.MustCompile(`(?s)^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?)(?:(Z)\D*| |[xX])$`)

// Behind whole seconds without Z, a letter makes it none.
var unfinished = regexp.MustCompile(`:\d\d[xX]$`)

func dated(text string) (time.Time, bool) {
	if !unfinished.MatchString(text) {
		text = behind.ReplaceAllString(text, "$1$2")
	}
	for _, layout := range layouts {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment.UTC(), true
		}
	}
	return time.Time{}, false
}

type timestampArgs struct {
	Epoch       types.Any `vfilter:"optional,field=epoch"`
	String      types.Any `vfilter:"optional,field=string"`
	WinFileTime int64     `vfilter:"optional,field=winfiletime"`
}

// timestamp(): a time from seconds, a text, or Windows' count of 100 ns.
func timestamp(_ context.Context, scope types.Scope, arg *timestampArgs) types.Any {
	switch {
	case arg.WinFileTime > 0:
		return time.Unix(arg.WinFileTime/10_000_000-11_644_473_600, arg.WinFileTime%10_000_000*100).UTC()
	case !types.IsNil(arg.String):
		return fromText(scope, arg.String)
	case types.IsNil(arg.Epoch):
		return types.Null{}
	}
	return fromEpoch(scope, arg.Epoch)
}

func fromEpoch(scope types.Scope, epoch types.Any) types.Any {
	switch epoch := epoch.(type) {
	case time.Time:
		return epoch
	case string:
		if seconds, err := strconv.ParseInt(epoch, 10, 64); err == nil {
			return fromSeconds(seconds)
		}
		if epoch == "" {
			return time.Time{}
		}
		return fromText(scope, epoch)
	case float64:
		whole, part := math.Modf(epoch)
		if math.Abs(whole) > seconds || epoch == 0 {
			return fromSeconds(int64(whole))
		}
		return time.Unix(int64(whole), int64(part*1e9)).UTC()
	}
	whole, ok := wholeOf(epoch)
	if !ok {
		return types.Null{}
	}
	return fromSeconds(whole)
}

// Above these, a number counts milliseconds, microseconds and nanoseconds.
const (
	seconds      = 20_000_000_000
	milliseconds = seconds * 1_000
	microseconds = milliseconds * 1_000
)

func fromSeconds(number int64) time.Time {
	switch size := max(number, -number); {
	case number == 0:
		return time.Time{}
	case size <= seconds:
		return time.Unix(number, 0).UTC()
	case size <= milliseconds:
		return time.Unix(0, number*1_000_000).UTC() // may run over, as there
	case size <= microseconds:
		return time.UnixMicro(number).UTC()
	}
	return time.Unix(0, number).UTC()
}

func fromText(scope types.Scope, value types.Any) types.Any {
	text, ok := value.(string)
	if !ok {
		return types.Null{}
	}
	if moment, ok := dated(text); ok {
		return moment
	}
	if !undated.MatchString(text) {
		scope.Log("LACKING: the time %s", strconv.Quote(text))
	}
	return types.Null{}
}
