// What whoever is signed in may do: the API decides, and pages offer no more.
import { useMemo } from "react";
import { useAuth } from "../api/session";

export type May = {
  admin: boolean;
  /** The workspaces where there is a role; an admin has one everywhere. */
  workspaces: string[];
  /** Whether one has at least the role in a workspace; without one, in any. */
  edit: (workspace?: string) => boolean;
  own: (workspace?: string) => boolean;
};

const ranks = ["viewer", "editor", "owner"];

export function useMay(): May {
  const { who } = useAuth();
  return useMemo(() => {
    const roles = new Map(who?.workspaces.map((w) => [w.workspace, ranks.indexOf(w.role)]));
    const atLeast = (rank: number) => (workspace?: string) =>
      who?.admin === true || (workspace === undefined ? [...roles.values()].some((r) => r >= rank) : (roles.get(workspace) ?? -1) >= rank);
    return { admin: who?.admin === true, workspaces: [...roles.keys()], edit: atLeast(1), own: atLeast(2) };
  }, [who]);
}
