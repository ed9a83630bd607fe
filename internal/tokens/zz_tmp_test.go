package tokens
import ("testing";"bufio";"os";"encoding/json";"fmt")
func TestDump(t *testing.T){
 f,_:=os.Open("/tmp/tok/data.jsonl"); in:=bufio.NewScanner(f); in.Buffer(make([]byte,1<<20),1<<30)
 o,_:=os.Create("/tmp/tok/feat.jsonl"); defer o.Close()
 for in.Scan(){ var d struct{Case,Api,Prov string; Tags []string; Body json.RawMessage; I int64}; if json.Unmarshal(in.Bytes(),&d)!=nil{continue}
  if d.I==0||len(d.Body)==0||d.Body[0]!='{' {continue}
  var m struct{Model string}; json.Unmarshal(d.Body,&m)
  a,_:=read(d.Body); bl:=len(d.Body)
  b,_:=json.Marshal(map[string]any{"case":d.Case,"api":d.Api,"prov":d.Prov,"tags":d.Tags,"model":m.Model,"I":d.I,"text":a.text.close(),"schema":a.schema.close(),"letters":a.letters,"turns":a.turns,"tools":a.tools,"media":a.media,"ids":a.ids,"contents":a.contents,"blocks":a.blocks,"len":bl})
  fmt.Fprintln(o,string(b)) }
}
