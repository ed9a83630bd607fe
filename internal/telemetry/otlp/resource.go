package otlp

import (
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// schema is the version of the conventions that names and types follow.
const schema = "https://opentelemetry.io/schemas/1.41.0"

// scope is who says it.
const scope = "github.com/sluice-gateway/sluice"

// resource is the process, in both forms that are needed.
type resource struct {
	sdk   *sdkresource.Resource
	proto *resourcepb.Resource
}

func newResource(o Options) resource {
	all := map[string]string{"service.name": "sluice", "service.version": o.Version, "service.instance.id": instance()}
	maps.Copy(all, o.Resource)
	var attributes []attribute.KeyValue
	p := &resourcepb.Resource{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] == "" {
			continue
		}
		attributes = append(attributes, attribute.String(name, all[name]))
		p.Attributes = append(p.Attributes, text(name, all[name]))
	}
	return resource{sdkresource.NewWithAttributes(schema, attributes...), p}
}

// text makes an attribute in one piece of memory: a span has dozens of them.
func text(name, v string) *commonpb.KeyValue {
	a := &struct {
		pair  commonpb.KeyValue
		value commonpb.AnyValue
		text  commonpb.AnyValue_StringValue
	}{}
	a.pair.Key, a.pair.Value, a.value.Value, a.text.StringValue = name, &a.value, &a.text, v
	return &a.pair
}

func whole(name string, v int64) *commonpb.KeyValue {
	a := &struct {
		pair  commonpb.KeyValue
		value commonpb.AnyValue
		whole commonpb.AnyValue_IntValue
	}{}
	a.pair.Key, a.pair.Value, a.value.Value, a.whole.IntValue = name, &a.value, &a.whole, v
	return &a.pair
}

func number(name string, v float64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: name, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v}}}
}

func truth(name string, v bool) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: name, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v}}}
}

func texts(name string, all []string) *commonpb.KeyValue {
	list := &commonpb.ArrayValue{}
	for _, v := range all {
		list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}})
	}
	return &commonpb.KeyValue{Key: name, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}}
}
