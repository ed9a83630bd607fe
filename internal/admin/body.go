package admin

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// maxBody bounds the body of a request, where its route says nothing else.
const maxBody = 1 << 20

// body reads the whole body.
func (c *call) body() ([]byte, error) {
	most := cmp.Or(c.most, maxBody)
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, most))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &apiError{Status: http.StatusRequestEntityTooLarge, Code: codeTooLarge, Message: "the body may have up to " + strconv.FormatInt(most>>20, 10) + " MiB"}
	case err != nil:
		return nil, invalid("", "the body did not arrive whole")
	}
	return b, nil
}

// decode reads a JSON body into a struct that has every field it may hold.
func (c *call) decode(into any) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return invalid("", "a JSON object is needed in the body")
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badJSON(err, into)
	}
	if _, err := d.Token(); err != io.EOF {
		return invalid("", "the body holds more than one JSON value")
	}
	return nil
}

// badJSON says which field is wrong, and how.
func badJSON(err error, into any) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	if errors.As(err, &wrongType) {
		if wrongType.Field == "" {
			return invalid("", "the body must be a JSON object")
		}
		return invalid(wrongType.Field, wrongType.Field+" must be "+kindOf(wrongType.Type)+", not "+wrongType.Value)
	}
	if errors.As(err, &syntax) {
		return invalid("", "the body is no valid JSON: "+syntax.Error()+" at byte "+strconv.FormatInt(syntax.Offset, 10))
	}
	if name, ok := unknownField(err); ok {
		names := fieldNames(reflect.TypeOf(into).Elem())
		e := invalid(name, "there is no field "+strconv.Quote(name)+"; there are "+strings.Join(names, ", "))
		if near := nearest(name, names); near != "" {
			e.Message, e.Details.Suggestion = "there is no field "+strconv.Quote(name)+"; did you mean "+strconv.Quote(near)+"?", near
		}
		return e
	}
	return invalid("", "the body is no valid JSON: "+err.Error())
}

// unknownField reads the name out of the decoder's message, which is its only place.
func unknownField(err error) (string, bool) {
	quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	if !ok {
		return "", false
	}
	name, err := strconv.Unquote(quoted)
	return name, err == nil
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for f := range jsonFields(t) {
		names = append(names, f.name)
	}
	return names
}

// kindOf names a type for people.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Slice, reflect.Array:
		return "a list of texts"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "a number"
	case reflect.Pointer:
		return kindOf(t.Elem())
	}
	return "an object"
}
