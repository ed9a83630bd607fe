import "../callers.css";
import { Tabs } from "@mantine/core";
import { useParams } from "../lib/address";
import { useMay } from "../lib/may";
import { PageTitle } from "../parts/parts";
import { Data } from "./settings/Data";
import { General } from "./settings/General";
import { Secrets } from "./settings/Secrets";
import { SignIn } from "./settings/SignIn";
import { Tokens } from "./settings/Tokens";

const tabs = [
  { value: "", label: "General", shows: General, admin: false },
  { value: "tokens", label: "Tokens and sessions", shows: Tokens, admin: false },
  { value: "signin", label: "Sign-in", shows: SignIn, admin: true },
  { value: "secrets", label: "Secrets", shows: Secrets, admin: true },
  { value: "data", label: "Data and log", shows: Data, admin: true },
];

export default function Settings() {
  const may = useMay();
  const [params, set] = useParams();
  const offered = tabs.filter((t) => may.admin || !t.admin);
  const tab = offered.find((t) => t.value === params.get("tab")) ?? offered[0]!;
  return (
    <>
      <PageTitle title="Settings" says="This installation, this browser, and who may come in." />
      <Tabs value={tab.value || "general"} onChange={(v) => set({ tab: v === "general" ? "" : (v ?? ""), of: "", ended: "" })} keepMounted={false}>
        <Tabs.List mb="md">{offered.map((t) => <Tabs.Tab key={t.value} value={t.value || "general"}>{t.label}</Tabs.Tab>)}</Tabs.List>
        {offered.map((t) => <Tabs.Panel key={t.value} value={t.value || "general"}><t.shows /></Tabs.Panel>)}
      </Tabs>
    </>
  );
}
