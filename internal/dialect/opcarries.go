package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// VectorCarries is what holds for every form of embeddings unless it says otherwise. It
// is not to be changed.
var VectorCarries = map[llm.Param]Carry{
	llm.ParamBase64: {Fate: Mapped, How: "the gateway writes the numbers as the caller wants them"},
	llm.ParamKinds:  {Fate: Refused, How: "it gives floats only"},
	llm.ParamTokens: {Fate: Refused, How: "it takes texts only"},
	llm.ParamImages: {Fate: Refused, How: "it takes no images"},
	llm.ParamMedia:  {Fate: Refused, How: "it takes no audio, video or documents"},
	llm.ParamLate:   {Fate: Refused, How: "it embeds each text by itself"},
}

// RankCarries is the same for forms of rerank that take texts only.
var RankCarries = map[llm.Param]Carry{
	llm.ParamTop:       {Fate: Mapped, How: "the gateway cuts the list"},
	llm.ParamDocuments: {Fate: Mapped, How: "the gateway puts the caller's own documents in the answer"},
	llm.ParamFields:    {Fate: Mapped, How: "the gateway makes one text of the fields"},
	llm.ParamObjects:   {Fate: Mapped, How: "an object is given as its JSON text"},
	llm.ParamImages:    {Fate: Refused, How: "it takes no images"},
	llm.ParamMedia:     {Fate: Refused, How: "it takes no audio, video or documents"},
}

// Overlay gives the carries of base with those of own over them.
func Overlay(base, own map[llm.Param]Carry) map[llm.Param]Carry {
	all := make(map[llm.Param]Carry, len(base)+len(own))
	for p, c := range base {
		all[p] = c
	}
	for p, c := range own {
		all[p] = c
	}
	return all
}
