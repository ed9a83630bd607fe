// Modules of the dashboard's source for tests without a browser.
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { createServer } from "vite";

const server = await createServer({
  root: fileURLToPath(new URL("..", import.meta.url)), configFile: false, logLevel: "error", appType: "custom",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true, include: [] },
});
after(() => server.close());

/** load gives the module of a path below src. */
export const load = (path) => server.ssrLoadModule(`/src/${path}`);
