// Names and what stands for them, one a row.
import { Anchor, Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useLinkTo } from "../../lib/address";

export function Facts({ rows, label }: { rows: [string, ReactNode][]; label?: string }) {
  return <Table aria-label={label} className="facts"><Table.Tbody>{rows.map(([k, v]) => <Table.Tr key={k}><Table.Th scope="row" c="dimmed" fw={500} w="38%">{k}</Table.Th><Table.Td>{v}</Table.Td></Table.Tr>)}</Table.Tbody></Table>;
}

/** Leads to the place in the configuration where something is said. */
export function InConfig({ at, children = "Change" }: { at: string; children?: ReactNode }) {
  const link = useLinkTo();
  return <Anchor component={Link} size="sm" to={link("/config", { at })}>{children}</Anchor>;
}
