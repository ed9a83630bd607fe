import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the sources and hands the API to a gateway that runs beside it.
const admin = process.env.SLUICE_ADMIN_URL ?? "http://127.0.0.1:8081";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: process.env.SLUICE_UI_OUT ?? "../internal/web/dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/api": admin, "/metrics": admin } },
});
