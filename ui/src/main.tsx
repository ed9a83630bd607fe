import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "uplot/dist/uPlot.min.css";
import "./styles.css";
import { MantineProvider, createTheme } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { hashKey, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { APIError } from "./api/client";
import { SessionProvider } from "./api/session";
import { App } from "./App";
import { zone } from "./lib/format";

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
setNonce(nonce);

const theme = createTheme({
  primaryColor: "accent",
  primaryShade: 6,
  autoContrast: true,
  respectReducedMotion: true,
  colors: { accent: ["#eef1ff", "#dce2ff", "#b7c2ff", "#91a1ff", "#8f9eff", "#5f75ff", "#3d5afe", "#3049e0", "#263cc0", "#1d2f9e"], dark: ["#e2e6ec", "#c9d0d9", "#a3acb9", "#7f8997", "#3a424e", "#2a303a", "#1d2229", "#171b21", "#12161b", "#0f1216"] },
  fontFamily: 'Inter, "Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "JetBrains Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  defaultRadius: "md",
  headings: { fontWeight: "650", sizes: { h2: { fontSize: "22px" }, h5: { fontSize: "14px" } } },
  cursorType: "pointer",
});

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      queryKeyHashFn: (key) => hashKey([zone, ...key]), // days are another's in another zone
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 2 && !(error instanceof APIError && error.status >= 400 && error.status < 500),
    },
  },
});

createRoot(document.getElementById("root")!).render(
  <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <Notifications position="bottom-right" />
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <SessionProvider>
          <App />
        </SessionProvider>
      </BrowserRouter>
    </QueryClientProvider>
  </MantineProvider>,
);
