// Who is signed in.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { api, got, hasToken, onSignedOut, type Session, setCSRF, setToken } from "./client";

/** A session's cookie cannot be read here, so that a browser remembers that there may be one. */
const mayHaveSession = "sluice.session";

type State = { who: Session | null; ready: boolean };

type Auth = State & {
  withToken: (token: string) => Promise<void>;
  withPassword: (email: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
};

const Context = createContext<Auth | null>(null);

export function useAuth(): Auth {
  const auth = useContext(Context);
  if (!auth) throw new Error("useAuth outside of SessionProvider");
  return auth;
}

export function expectSession() {
  localStorage.setItem(mayHaveSession, "yes");
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<State>({ who: null, ready: false });
  const queries = useQueryClient();

  const accept = useCallback((who: Session) => {
    setCSRF(who.csrf ?? "");
    if (!hasToken()) expectSession();
    setState({ who, ready: true });
  }, []);

  const forget = useCallback(() => {
    setToken("");
    setCSRF("");
    localStorage.removeItem(mayHaveSession);
    queries.clear();
    setState({ who: null, ready: true });
  }, [queries]);

  useEffect(() => onSignedOut(forget), [forget]);
  useEffect(() => {
    if (!hasToken() && !localStorage.getItem(mayHaveSession)) {
      setState({ who: null, ready: true });
      return;
    }
    got(api.GET("/api/v1/auth/session")).then(accept, forget);
  }, [accept, forget]);

  const auth = useMemo<Auth>(
    () => ({
      ...state,
      async withToken(token) {
        setToken(token);
        try {
          accept(await got(api.GET("/api/v1/auth/session")));
        } catch (e) {
          setToken("");
          throw e;
        }
      },
      async withPassword(email, password) {
        accept(await got(api.POST("/api/v1/auth/login", { body: { email, password } })));
      },
      async signOut() {
        try {
          await got(api.POST("/api/v1/auth/logout"));
        } finally {
          forget();
        }
      },
    }),
    [state, accept, forget],
  );
  return <Context.Provider value={auth}>{children}</Context.Provider>;
}
