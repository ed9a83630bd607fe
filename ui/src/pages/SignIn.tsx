import { Alert, Anchor, Button, Card, Code, Divider, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, got } from "../api/client";
import { expectSession, useAuth } from "../api/session";
import { Logo } from "../Shell";

export function SignIn() {
  const auth = useAuth();
  const methods = useQuery({ queryKey: ["methods"], queryFn: () => got(api.GET("/api/v1/auth/methods")), staleTime: Infinity });
  const [way, setWay] = useState(localStorage.getItem("sluice.way") ?? "password");
  const [fields, setFields] = useState({ email: "", password: "", token: "" });
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setWrong("");
    try {
      if (way === "token") await auth.withToken(fields.token.trim());
      else await auth.withPassword(fields.email.trim(), fields.password);
      localStorage.setItem("sluice.way", way);
    } catch (e) {
      setWrong(e instanceof Error ? e.message : "That did not work.");
      setBusy(false);
    }
  };
  const field = (name: keyof typeof fields) => ({ value: fields[name], required: true, onChange: (e: { currentTarget: { value: string } }) => setFields({ ...fields, [name]: e.currentTarget.value }) });

  return (
    <main className="sign">
      <Card withBorder padding="xl" w="100%" maw={400}>
        <Group gap="sm" mb="xs"><Logo /><Title order={1} size="h2">Sign in to Sluice</Title></Group>
        <Text c="dimmed" size="sm" mb="lg">The gate between applications and AI models.</Text>
        <SegmentedControl fullWidth mb="md" value={way} onChange={(v) => { setWay(v); setWrong(""); }} data={[{ value: "password", label: "Password" }, { value: "token", label: "Token" }]} aria-label="Way in" />
        <form onSubmit={(e) => void submit(e)}>
          <Stack gap="sm">
            {way === "password" ? (
              <>
                <TextInput label="E-mail" type="email" autoComplete="username" {...field("email")} />
                <PasswordInput label="Password" autoComplete="current-password" visibilityToggleButtonProps={{ "aria-label": "Show the password" }} {...field("password")} />
              </>
            ) : (
              <PasswordInput label="Admin token or API token" autoComplete="off" description={<>Printed once at the first start, or given in <Code>SLUICE_ADMIN_TOKEN</Code>. It is kept until this tab closes.</>} visibilityToggleButtonProps={{ "aria-label": "Show the token" }} {...field("token")} />
            )}
            {wrong && <Alert color="red" variant="light" role="alert">{wrong}</Alert>}
            <Button type="submit" loading={busy} fullWidth>Sign in</Button>
          </Stack>
        </form>
        {methods.data?.oidc && (
          <>
            <Divider my="md" label="or" />
            <Button component="a" href="/api/v1/auth/oidc/start" variant="default" fullWidth onClick={expectSession}>Single sign-on</Button>
          </>
        )}
        {way === "password" && (
          <Text size="xs" c="dimmed" mt="md">
            Nobody has a password yet? <Anchor component="button" type="button" size="xs" onClick={() => setWay("token")}>Use the admin token</Anchor> and make the first user in Settings.
          </Text>
        )}
      </Card>
    </main>
  );
}
