import { Center, Loader } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { useAuth } from "./api/session";
import { Waiting } from "./parts/parts";
import { Fault } from "./parts/Fault";
import { Shell } from "./Shell";
import { SignIn } from "./pages/SignIn";

const Overview = lazy(() => import("./pages/Overview"));
const Logs = lazy(() => import("./pages/Logs"));
const Sessions = lazy(() => import("./pages/Sessions"));
const Playground = lazy(() => import("./pages/Playground"));
const Gateways = lazy(() => import("./pages/Gateways"));
const Providers = lazy(() => import("./pages/Providers"));
const Cache = lazy(() => import("./pages/Cache"));
const Keys = lazy(() => import("./pages/Keys"));
const Limits = lazy(() => import("./pages/Limits"));
const Budgets = lazy(() => import("./pages/Budgets"));
const Workspaces = lazy(() => import("./pages/Workspaces"));
const RoutesPage = lazy(() => import("./pages/Routes"));
const Costs = lazy(() => import("./pages/Costs"));
const Audit = lazy(() => import("./pages/Audit"));
const Alerts = lazy(() => import("./pages/Alerts"));
const Health = lazy(() => import("./pages/Health"));
const Privacy = lazy(() => import("./pages/Privacy"));
const Exports = lazy(() => import("./pages/Exports"));
const Config = lazy(() => import("./pages/Config"));
const Settings = lazy(() => import("./pages/Settings"));
const Missing = lazy(() => import("./pages/Missing"));

export function App() {
  const { who, ready } = useAuth();
  if (!ready) return <Center h="100vh"><Loader role="status" aria-label="Loading" /></Center>;
  if (!who) return <SignIn />;
  return (
    <Shell>
      <Fault>
      <Suspense fallback={<Waiting rows={6} height={64} />}>
        <Routes>
          <Route path="/" element={<Overview />} />
          <Route path="/logs" element={<Logs />} />
          <Route path="/sessions" element={<Sessions />} />
          <Route path="/playground" element={<Playground />} />
          <Route path="/gateways" element={<Gateways />} />
          <Route path="/providers" element={<Providers />} />
          <Route path="/cache" element={<Cache />} />
          <Route path="/keys" element={<Keys />} />
          <Route path="/limits" element={<Limits />} />
          <Route path="/budgets" element={<Budgets />} />
          <Route path="/workspaces" element={<Workspaces />} />
          <Route path="/routes" element={<RoutesPage />} />
          <Route path="/costs" element={<Costs />} />
          <Route path="/audit" element={<Audit />} />
          <Route path="/alerts" element={<Alerts />} />
          <Route path="/health" element={<Health />} />
          <Route path="/privacy" element={<Privacy />} />
          <Route path="/exports" element={<Exports />} />
          <Route path="/config" element={<Config />} />
          <Route path="/settings" element={<Settings />} />
          <Route path="*" element={<Missing />} />
        </Routes>
      </Suspense>
      </Fault>
    </Shell>
  );
}
