package otlp

import (
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
)

// schema is the version of the conventions that names and types follow.
const schema = "https://opentelemetry.io/schemas/1.41.0"

// scope is who says it.
const scope = "github.com/sluice-gateway/sluice"

// resource is the process, in both forms that are needed.
type resource struct {
	sdk  *sdkresource.Resource
	wire wire
}

// resourceAttributes is the field of a resource that holds them.
const resourceAttributes = 1

func newResource(o Options) resource {
	all := map[string]string{"service.name": "sluice", "service.version": o.Version, "service.instance.id": instance()}
	maps.Copy(all, o.Resource)
	var known []attribute.KeyValue
	var w wire
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] == "" {
			continue
		}
		known = append(known, attribute.String(name, all[name]))
		(attributes{&w, resourceAttributes}).text(name, all[name])
	}
	return resource{sdkresource.NewWithAttributes(schema, known...), w}
}
