import { IconAdjustments, IconBell, IconCoins, IconDatabase, IconDoor, IconFileCode, IconGauge, IconHeartbeat, IconKey, IconList, IconLock, IconMessages, IconPackageExport, IconPlayerPlay, IconReceiptDollar, IconRoute, IconServer2, IconSettings, IconShieldCheck, IconUsersGroup } from "@tabler/icons-react";

/** What a page may be about. */
export type Scoped = "gateway" | "workspace";

/** Which of the two choose what a page shows; the others show all. */
const scopes: Record<string, Scoped[]> = {
  "/": ["gateway", "workspace"], "/logs": ["gateway", "workspace"], "/sessions": ["gateway", "workspace"], "/costs": ["gateway", "workspace"], "/routes": ["gateway", "workspace"],
  "/limits": ["gateway"], "/budgets": ["gateway"], "/keys": ["workspace"], "/audit": ["workspace"],
};

export const scopeOf = (path: string): Scoped[] => scopes[path] ?? [];

/** The pages, in the order in which they are listed; keys follow g. */
export const pages = [
  { group: "Traffic", path: "/", label: "Overview", key: "o", icon: IconGauge },
  { group: "Traffic", path: "/logs", label: "Logs", key: "l", icon: IconList },
  { group: "Traffic", path: "/sessions", label: "Sessions", key: "e", icon: IconMessages },
  { group: "Traffic", path: "/playground", label: "Playground", key: "y", icon: IconPlayerPlay },
  { group: "Traffic", path: "/costs", label: "Costs", key: "$", icon: IconReceiptDollar },
  { group: "Serving", path: "/gateways", label: "Gateways", key: "g", icon: IconDoor },
  { group: "Serving", path: "/routes", label: "Routes", key: "r", icon: IconRoute },
  { group: "Serving", path: "/providers", label: "Providers", key: "p", icon: IconServer2 },
  { group: "Serving", path: "/cache", label: "Cache", key: "c", icon: IconDatabase },
  { group: "Callers", path: "/keys", label: "Keys", key: "k", icon: IconKey },
  { group: "Callers", path: "/limits", label: "Limits", key: "i", icon: IconAdjustments },
  { group: "Callers", path: "/budgets", label: "Budgets", key: "b", icon: IconCoins },
  { group: "Callers", path: "/workspaces", label: "Workspaces", key: "w", icon: IconUsersGroup },
  { group: "Operations", path: "/audit", label: "Audit", key: "a", icon: IconShieldCheck },
  { group: "Operations", path: "/alerts", label: "Alerts", key: "t", icon: IconBell },
  { group: "Operations", path: "/health", label: "Health", key: "h", icon: IconHeartbeat },
  { group: "Operations", path: "/exports", label: "Exports", key: "x", icon: IconPackageExport },
  { group: "Operations", path: "/privacy", label: "Privacy", key: "v", icon: IconLock },
  { group: "Operations", path: "/config", label: "Config", key: "f", icon: IconFileCode },
  { group: "Operations", path: "/settings", label: "Settings", key: "s", icon: IconSettings },
];
