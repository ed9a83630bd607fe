package all

import (
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
)

const head = `# Providers

Every kind of provider that Sluice knows. This page is made from the source and held by a test.

A provider whose environment variable is set is there without any configuration, under the name of its kind.
Everything that a vendor offers beyond the operations listed is reached untouched under ` + "`/providers/{provider}/…`" + `.
A vendor that is not listed: ` + "`kind: openai-compatible`" + ` with its ` + "`base_url`" + `.

`

// Table renders every kind as Markdown: an overview, then what differs from vendor to vendor.
func Table() []byte {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("| kind | vendor | base URL | key from | speaks | operations |\n|---|---|---|---|---|---|\n")
	for _, s := range Specs() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | [%s](%s) | %s | %s | %s | %s |\n",
			s.Name, anchor(s.Name), s.Title, s.Page, baseURL(s), keyFrom(s), words(s.Speaks, ", "), words(s.Operations, ", "))
	}
	for _, s := range Specs() {
		section(&b, s)
	}
	return []byte(b.String())
}

func section(b *strings.Builder, s *provider.Spec) {
	fmt.Fprintf(b, "\n## %s\n\n%s, facts as of %s ([page](%s)).\n", s.Name, s.Title, s.AsOf, s.Page)
	if len(s.Aliases) > 0 {
		fmt.Fprintf(b, "Also called %s.\n", code(s.Aliases))
	}
	fmt.Fprintf(b, "Authentication: %s.\n", auth(s))
	if len(s.Fields) > 0 {
		fmt.Fprintf(b, "Instead of a key: %s.\n", parts(s.Fields))
	}
	setting(b, "region", s.Region)
	setting(b, "project", s.Project)
	if len(s.Forward) > 0 {
		fmt.Fprintf(b, "Headers of the caller that are forwarded beside the dialect's: %s.\n", code(s.Forward))
	}
	if len(s.Quirks) > 0 {
		b.WriteString("\n")
	}
	for _, q := range s.Quirks {
		fmt.Fprintf(b, "- %s\n", q)
	}
}

// parts lists what a credential may consist of, with the usual variables.
func parts(fields []provider.Field) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		if out[i] = code([]string{f.Name}); len(f.Env) > 0 {
			out[i] += " (" + code(f.Env) + ")"
		}
	}
	return strings.Join(out, ", ")
}

// setting says what the vendor makes of region or project.
func setting(b *strings.Builder, name string, s *provider.Setting) {
	if s == nil {
		return
	}
	var from []string
	if len(s.Env) > 0 {
		from = append(from, "else from "+code(s.Env))
	}
	if s.Default != "" {
		from = append(from, "else `"+s.Default+"`")
	}
	fmt.Fprintf(b, "It takes a `%s`%s.\n", name, strings.Join(append([]string{""}, from...), ", "))
}

// anchor is the name that Markdown renderers give to a heading.
func anchor(name string) string { return strings.ReplaceAll(name, ".", "") }

func baseURL(s *provider.Spec) string {
	base := "to be configured"
	switch {
	case s.BaseURL != "":
		base = "`" + s.BaseURL + "`"
	case s.Base != nil:
		base = "`" + s.Base("REGION") + "`"
	}
	if s.BaseEnv != "" {
		base += ", or from `" + s.BaseEnv + "`"
	}
	return base
}

func keyFrom(s *provider.Spec) string {
	switch {
	case len(s.Env) == 0 && s.KeyFree:
		return "optional"
	case len(s.Env) == 0:
		return "to be configured"
	case s.KeyFree:
		return code(s.Env) + " (optional)"
	}
	return code(s.Env)
}

func auth(s *provider.Spec) string {
	how := "none"
	switch {
	case s.Auth.Header != "":
		how = "`" + s.Auth.Header + ": " + s.Auth.Prefix + "KEY`"
	case s.Auth.Query != "":
		how = "query parameter `" + s.Auth.Query + "`"
	}
	if s.KeyFree && how != "none" {
		how += ", or none"
	}
	return how
}

func code(names []string) string {
	return "`" + strings.Join(names, "`, `") + "`"
}

func words[T ~string](list []T, sep string) string {
	if len(list) == 0 {
		return "–"
	}
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, sep)
}
