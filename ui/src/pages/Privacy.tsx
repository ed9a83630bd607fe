// What is kept of calls and what is taken out of it; one user's data: told, handed out, erased.
import "../callers.css";
import { Tabs } from "@mantine/core";
import { useParam } from "../lib/address";
import { PageTitle } from "../parts/parts";
import { Kept } from "./privacy/Kept";
import { OneUser } from "./privacy/OneUser";

export default function Privacy() {
  const [tab, setTab] = useParam("tab");
  const [erasure] = useParam("erasure");
  return (
    <>
      <PageTitle title="Privacy" says="What is kept of calls and for how long, what is taken out of it, and how one user's data is erased." />
      <Tabs value={tab === "user" || erasure ? "user" : "kept"} onChange={(v) => setTab(v === "user" ? "user" : "")} keepMounted={false}>
        <Tabs.List mb="md"><Tabs.Tab value="kept">What is kept</Tabs.Tab><Tabs.Tab value="user">One user's data</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="kept"><Kept /></Tabs.Panel>
        <Tabs.Panel value="user"><OneUser /></Tabs.Panel>
      </Tabs>
    </>
  );
}
