// The ways in for people, and who has all rights.
import { Code, Grid, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got } from "../../api/client";
import { useDocument } from "../../lib/document";
import { Failure, Goto, Panel, Tag, Time, Waiting } from "../../parts/parts";
import { Facts, InConfig } from "./Facts";

type OIDC = { issuer?: string; client_id?: string; client_secret?: string; scopes?: string[]; admins?: string[]; roles_claim?: string; roles?: { value: string; workspace: string; role: string }[] };
type Admin = { session?: string; url?: string; oidc?: OIDC };

export function SignIn() {
  const methods = useQuery({ queryKey: ["auth", "methods"], queryFn: () => got(api.GET("/api/v1/auth/methods")) });
  const config = useDocument();
  const failed = methods.isError ? methods : config.isError ? config : null;
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />;
  if (!methods.data || !config.data) return <Waiting rows={4} height={120} />;
  const admin = (config.data.config as { admin?: Admin }).admin ?? {};
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Stack gap="md">
          <Panel title="Ways in" says="How people, and programs that work as people do, reach the admin API and this dashboard.">
            <Facts label="Ways in" rows={[
              ["Password", methods.data.password ? <>on: e-mail address and password; ten wrong ones slow an address down</> : "off"],
              ["Single sign-on", methods.data.oidc ? <>on: {admin.oidc?.issuer}</> : "off: no issuer is configured"],
              ["Admin token", <>on: from <Code>SLUICE_ADMIN_TOKEN</Code>, or printed at the first start. It needs no store, and is meant for the first hour and for emergencies.</>],
              ["API tokens", <>on: for scripts; see <Goto to="/settings" extra={{ tab: "tokens" }}>Tokens and sessions</Goto></>],
              ["A session lasts", <>{admin.session} · <InConfig at="admin.session" /></>],
            ]} />
          </Panel>
          <Admins emails={admin.oidc?.admins ?? []} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}><SSO on={methods.data.oidc} url={admin.url} of={admin.oidc ?? {}} /></Grid.Col>
    </Grid>
  );
}

function SSO({ on, url, of: o }: { on: boolean; url?: string; of: OIDC }) {
  return (
    <Panel title="Single sign-on" says="OpenID Connect's code flow with PKCE, as admin.oidc of the configuration says." right={<InConfig at="admin.oidc">{on ? "Change" : "Set up"}</InConfig>}>
      {on ? (
        <Facts label="Single sign-on" rows={[
          ["Issuer", o.issuer], ["Client", o.client_id], ["Secret", o.client_secret ? <Code>{o.client_secret}</Code> : "none"], ["Scopes", o.scopes?.join(", ")],
          ["Redirect address", url ? <Code className="lines">{`${url.replace(/\/+$/, "")}/api/v1/auth/oidc/callback`}</Code> : <>needs <InConfig at="admin.url">admin.url</InConfig></>],
          ["Roles come from", <>the claim <Code>{o.roles_claim}</Code></>],
          ["Roles", o.roles?.length ? <Stack gap={2}>{o.roles.map((r) => <Text key={r.value + r.workspace} size="sm"><Code>{r.value}</Code> is {r.role} of {r.workspace}</Text>)}</Stack> : "none by claim: people have what member lists give them"],
        ]} />
      ) : (
        <Stack gap="xs">
          <Text size="sm">People sign in with the account they have already, and the issuer's groups give them their roles. Three steps:</Text>
          <List size="sm" type="ordered" spacing={4}>
            <List.Item>Register a client at the issuer with the redirect address <Code className="lines">{`${(url || location.origin).replace(/\/+$/, "")}/api/v1/auth/oidc/callback`}</Code>.</List.Item>
            <List.Item>Keep its secret under <Goto to="/settings" extra={{ tab: "secrets" }}>Secrets</Goto>, so that the configuration names it only.</List.Item>
            <List.Item>Write <Code>admin.url</Code> and <Code>admin.oidc</Code> in <InConfig at="admin.oidc">the configuration</InConfig>: issuer, client_id, client_secret, and what groups give.</List.Item>
          </List>
        </Stack>
      )}
    </Panel>
  );
}

function Admins({ emails }: { emails: string[] }) {
  const users = useQuery({ queryKey: ["users", "all"], queryFn: () => got(api.GET("/api/v1/users", { params: { query: { limit: "500" } } })) });
  const admins = users.data?.data.filter((u) => u.admin) ?? [];
  const rest = (users.data?.data.length ?? 0) - admins.length;
  return (
    <Panel title="System admins" says="They see and do everything, in every workspace; the admin token does too." right={<Goto to="/workspaces" extra={{ tab: "users" }}>All users</Goto>}>
      {users.isError ? <Failure error={users.error} /> : !users.data ? <Waiting rows={2} height={34} /> : (
        <Stack gap="xs">
          {admins.length === 0 && <Text size="sm" c="dimmed">Nobody but the admin token.</Text>}
          {admins.length > 0 && (
            <table className="rows" aria-label="System admins"><thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Since</th></tr></thead>
              <tbody>{admins.map((u) => <tr key={u.id}><td><Text size="sm" fw={500}>{u.name}</Text><Text size="xs" c="dimmed">{u.email}</Text></td><td>{u.disabled ? <Tag tone="warning">may not sign in</Tag> : <Tag>may sign in</Tag>}</td><td className="nowrap"><Time value={u.created} /></td></tr>)}</tbody></table>
          )}
          {emails.length > 0 && <Text size="sm" c="dimmed">By single sign-on: {emails.join(", ")} · <InConfig at="admin.oidc.admins" /></Text>}
          <Text size="sm" c="dimmed">{rest} {users.data.next ? "or more other users" : rest === 1 ? "other user" : "other users"} with roles in workspaces.</Text>
        </Stack>
      )}
    </Panel>
  );
}
