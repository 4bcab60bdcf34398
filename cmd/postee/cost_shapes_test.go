package main

import (
	"bytes"
	"fmt"
	"strings"
)

// shape is one way to make a scan expensive: input of about so many bytes.
type shape struct {
	name  string
	write func(b *bytes.Buffer, size int)
}

// costShapes are inputs that somebody could write who wants a run to take long; the first is an honest one.
func costShapes() []shape {
	return append([]shape{
		{"honest", honest},
		{"findings of one document", trivyShape(func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `{"VulnerabilityID":"CVE-2026-%d","PkgName":"p%d","InstalledVersion":"1.0","FixedVersion":"1.1","Severity":"HIGH"}`, i, i)
		})},
		{"results of one document", resultsOfOne},
		{"versions of one package", trivyShape(func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `{"VulnerabilityID":"CVE-2026-1","PkgName":"p","InstalledVersion":"1.%d","FixedVersion":"2.%d","Severity":"HIGH"}`, i, i)
		})},
		{"lists of versions", trivyShape(func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `{"VulnerabilityID":"CVE-2026-%d","PkgName":"p%d","InstalledVersion":"1.1","FixedVersion":"1.1.%d-1a","Severity":"HIGH"}`, i, i/4096, 4096-i%4096)
			for k := range 20 {
				b.Truncate(b.Len() - len(`","Severity":"HIGH"}`))
				fmt.Fprintf(b, `, 1.1.%d-1a","Severity":"HIGH"}`, i%4096*20+k)
			}
		})},
		{"a long list of versions", longList},
		{"locations of one finding", trivyShape(func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `{"VulnerabilityID":"CVE-2026-1","PkgName":"p","PkgPath":"usr/lib/x%d/y.jar","InstalledVersion":"1","Severity":"HIGH"}`, i)
		})},
		{"equal rows", equalRows},
		{"owners", func(b *bytes.Buffer, size int) {
			b.WriteString(`{"image":"team/app:1","registry":"r","application_scope_owners":["a@x"`)
			for i := 0; b.Len() < size; i++ {
				fmt.Fprintf(b, `,"o%d@example.com"`, i)
			}
			b.WriteString(`],"resources":[` + aquaResource(1) + `]}` + "\n")
		}},
		{"one long text", func(b *bytes.Buffer, size int) {
			fmt.Fprintf(b, trivyHead+`{"VulnerabilityID":"CVE-1","PkgName":"p","InstalledVersion":"1","Severity":"HIGH","Title":%q}]}]}`+"\n", strings.Repeat("word *x* http://a.b/c <i> ", size/26))
		}},
		{"long texts", trivyShape(func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `{"VulnerabilityID":"CVE-%d","PkgName":"p","InstalledVersion":"1","Severity":"HIGH","Title":%q}`, i, strings.Repeat("_*`<a](b ", 1000))
		})},
		{"subjects", func(b *bytes.Buffer, size int) {
			for i := 0; b.Len() < size; i++ {
				fmt.Fprintf(b, `{"image":"t/a%d:1","registry":"r","resources":[%s]}`+"\n", i, aquaResource(i))
			}
		}},
		{"scans of one subject", func(b *bytes.Buffer, size int) {
			for i := 0; b.Len() < size; i++ {
				fmt.Fprintf(b, `{"image":"t/a:1","registry":"r","resources":[%s]}`+"\n", aquaResource(i))
			}
		}},
	}, moreShapes()...)
}

// moreShapes are those that are not about the rows of a scan.
func moreShapes() []shape {
	repeated := func(text string) func(*bytes.Buffer, int) {
		return func(b *bytes.Buffer, size int) { b.WriteString(strings.Repeat(text, size/len(text))) }
	}
	return []shape{
		{"aliases", trivyShape(func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, `{"VulnerabilityID":"CVE-%d","PkgName":"p","InstalledVersion":"1","Severity":"HIGH","VendorIDs":["a%d","b"]}`, i, i)
		})},
		{"a long name", func(b *bytes.Buffer, size int) {
			fmt.Fprintf(b, `{"image":"t/%s:1","registry":"r","resources":[%s]}`+"\n", strings.Repeat("a", size), aquaResource(1))
		}},
		{"broken documents", repeated("{\"a\"\n")},
		{"brackets", repeated("]\nx\n")},
		{"numbers", repeated("1\n")},
		{"opened arrays", repeated("[")},
		{"lines of a log", repeated("2026-11-22 INFO x\n")},
		{"deep values", repeated(`{"a":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + "}\n")},
		{"keys", func(b *bytes.Buffer, size int) {
			b.WriteString(`{"SchemaVersion":2,"ArtifactName":"a:1"`)
			for i := 0; b.Len() < size; i++ {
				fmt.Fprintf(b, `,"k%d":1`, i)
			}
			b.WriteString("}\n")
		}},
	}
}

const trivyHead = `{"SchemaVersion":2,"ArtifactName":"registry.example.com/team/app:1","ArtifactType":"container_image","Results":[{"Target":"app (debian 12)","Class":"os-pkgs","Vulnerabilities":[`

// trivyShape is one document with as many rows as fit.
func trivyShape(row func(b *bytes.Buffer, i int)) func(*bytes.Buffer, int) {
	return func(b *bytes.Buffer, size int) {
		b.WriteString(trivyHead)
		for i := 0; i == 0 || b.Len() < size; i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			row(b, i)
		}
		b.WriteString("]}]}\n")
	}
}

func aquaResource(i int) string {
	return fmt.Sprintf(`{"resource":{"name":"p","version":"1"},"vulnerabilities":[{"name":"CVE-%d","aqua_severity":"high"}]}`, i)
}

// honest is documents as scanners write them.
func honest(b *bytes.Buffer, size int) {
	for i := 0; b.Len() < size; i++ {
		b.Write(append(benchDocument(i, 70), '\n'))
	}
}

func resultsOfOne(b *bytes.Buffer, size int) {
	b.WriteString(`{"SchemaVersion":2,"ArtifactName":"registry.example.com/team/app:1","ArtifactType":"container_image","Results":[`)
	for i := 0; i == 0 || b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `{"Target":"t%d","Class":"lang-pkgs","Type":"npm","Vulnerabilities":[{"VulnerabilityID":"CVE-%d","PkgName":"p%d","InstalledVersion":"1.0","FixedVersion":"1.1","Severity":"HIGH"}]}`, i, i, i)
	}
	b.WriteString("]}\n")
}

// longList is one finding whose fix is a list of versions, and as many versions installed.
func longList(b *bytes.Buffer, size int) {
	b.WriteString(trivyHead + `{"VulnerabilityID":"CVE-1","PkgName":"p","Severity":"HIGH","InstalledVersion":"1.0`)
	for i := 0; b.Len() < size/2; i++ {
		fmt.Fprintf(b, ", 1.0.%d-1", i)
	}
	b.WriteString(`","FixedVersion":"2.0`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(b, ", 2.0.%d-1", i)
	}
	b.WriteString("\"}]}]}\n")
}

// equalRows are secrets of one rule in one file.
func equalRows(b *bytes.Buffer, size int) {
	b.WriteString(`{"SchemaVersion":2,"ArtifactName":"registry.example.com/team/app:1","ArtifactType":"container_image","Results":[{"Target":"a.env","Class":"secret","Secrets":[`)
	for i := 0; i == 0 || b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `{"RuleID":"r","Category":"c","Severity":"HIGH","Title":"t","StartLine":%d,"EndLine":%d,"Match":"x"}`, i+1, i+1)
	}
	b.WriteString("]}]}\n")
}
