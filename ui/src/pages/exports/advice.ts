// What to do about what a sink said.
import type { Schemas } from "../../api/client";

type Of = Pick<Schemas["Export"], "to" | "error">;

const files = new Set(["jsonl", "parquet"]);

/** Told by words of the error, the first that fits; the words are the gateway's own. */
const known: [RegExp, (x: Of) => string][] = [
  [/host name cannot be resolved/, () => "Check the host name in its address, and that this machine's DNS knows it."],
  [/certificate/, () => "The receiver needs a certificate for the name in its address, from an authority that this machine trusts."],
  [/does not speak TLS/, () => "Write http:// in its address if the receiver speaks no TLS, or give its TLS port."],
  [/redirects are not followed/, () => "Write the address that it redirects to into the configuration."],
  [/no credentials|answered 401|answered 403|denied|unauthori[sz]ed|forbidden|authenticat/i, () => "Check its secret, and that it may write there. A new value of a secret is taken up without a restart."],
  [/answered 404/, (x) => `Check the path of its address${x.to === "s3" ? " and the name of the bucket" : x.to === "elasticsearch" ? " and the name of the index" : ""}.`],
  [/answered 413|too large/i, () => "Its receiver takes less at once: lower batch.bytes."],
  [/answered 4(00|22)|refused them/, () => "It refuses a sample, too, so that the fault is in no single row: check what its address, token and index or stream expect."],
  [/answered 429/, () => "Its receiver asks for less. Sluice waits as long as it says; entries stay in the store meanwhile."],
  [/answered 5\d\d/, () => "The receiver itself fails: look at its log. Nothing is lost while the store keeps the entries."],
  [/disk is full/, () => "Free some space, or keep fewer files with rotate.keep."],
  [/acknowledge/, () => "Switch acknowledgements on for the token in Splunk, or off here with ack: false."],
  [/no stream|no responders/i, () => "Make a JetStream stream that takes its subject."],
  [/cannot be reached|connection|in time|cut off/, () => "Check that the receiver runs, and that a firewall lets this machine reach its address and port."],
];

/** What to do, in a sentence; never empty. */
export function adviceOf(x: Of): string {
  const found = known.find(([words]) => words.test(x.error));
  if (found) return found[1](x);
  return files.has(x.to) ? "Check that the folder is there and that Sluice may write to it." : "Send a sample after each change to see whether it takes entries again.";
}
