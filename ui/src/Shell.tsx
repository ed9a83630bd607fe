// The frame of all pages: where one is, what time is shown, and the keyboard.
import { ActionIcon, AppShell, Box, Burger, Group, Menu, Modal, NavLink, ScrollArea, SimpleGrid, Text, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { IconKeyboard, IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconLogout, IconMoon, IconSearch, IconSun, IconUser } from "@tabler/icons-react";
import { Fragment, type ReactNode, useCallback, useEffect, useRef } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { useAuth } from "./api/session";
import { useLinkTo, useParams } from "./lib/address";
import { showIn, zone } from "./lib/format";
import { pages } from "./nav";
import { Palette } from "./parts/Palette";
import { RangePicker } from "./parts/Range";
import { Scope, ScopeChips } from "./parts/Scope";

const timed = new Set(["/", "/logs", "/sessions", "/cache", "/routes", "/audit"]);

export function Shell({ children }: { children: ReactNode }) {
  const [open, { toggle, close }] = useDisclosure();
  const [help, setHelp] = useDisclosure();
  const [finding, setFinding] = useDisclosure();
  const { pathname } = useLocation();
  const link = useLinkTo();
  const [params] = useParams();
  showIn(params.get("tz")); // before anything below is drawn
  const [rail, setRail] = useLocalStorage<"names" | "icons">({ key: "sluice.rail", defaultValue: "names", getInitialValueInEffect: false });
  const wide = useMediaQuery("(min-width: 48em)", true, { getInitialValueInEffect: false });
  const icons = wide && rail === "icons"; // on a phone the pages are a list of their own
  const fold = useCallback(() => setRail((r) => (r === "icons" ? "names" : "icons")), [setRail]);
  useKeys(setHelp.open, setFinding.open, fold);
  useEffect(() => {
    close();
    document.title = `${pages.find((p) => p.path === pathname)?.label ?? "Sluice"} · Sluice`;
  }, [pathname, close]);

  return (
    <AppShell header={{ height: 56 }} navbar={{ width: icons ? 60 : 216, breakpoint: "sm", collapsed: { mobile: !open } }} padding={{ base: "sm", sm: "lg" }}>
      <a className="skip" href="#content">Skip to the page</a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <UnstyledButton component={Link} to={link("/")} aria-label="Sluice, overview">
              <Group gap={10} wrap="nowrap"><Logo /><Text fw={700} size="lg" className="hide-small">Sluice</Text></Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Scope />
            {timed.has(pathname) && <RangePicker />}
            <Tooltip label="Find anything (Ctrl K)" withArrow>
              <ActionIcon variant="default" size={32} onClick={setFinding.open} aria-label="Find anything"><IconSearch size={17} /></ActionIcon>
            </Tooltip>
            <Tooltip label="Keyboard (?)" withArrow>
              <ActionIcon variant="default" size={32} onClick={setHelp.open} aria-label="Keyboard shortcuts" className="hide-small"><IconKeyboard size={18} /></ActionIcon>
            </Tooltip>
            <Theme />
            <Who />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages" data-rail={icons ? "icons" : "names"}>
        <ScrollArea type="auto" flex={1}>
          {pages.map((p, i) => (
            <Fragment key={p.path}>
              {p.group !== pages[i - 1]?.group && (icons ? i > 0 && <hr className="rail-line" /> : <Text className="rail-group">{p.group}</Text>)}
              <Tooltip label={p.label} position="right" withArrow disabled={!icons}>
                <NavLink component={Link} to={link(p.path)} label={icons ? undefined : p.label} aria-label={icons ? p.label : undefined} leftSection={<p.icon size={18} stroke={1.6} />} className="rail-link" active={pathname === p.path} aria-current={pathname === p.path ? "page" : undefined} />
              </Tooltip>
            </Fragment>
          ))}
        </ScrollArea>
        <Tooltip label={icons ? "Names of the pages ( [ )" : "Icons alone ( [ )"} position="right" withArrow>
          <ActionIcon className="hide-small" variant="subtle" color="gray" size={32} mt={4} mx="auto" onClick={fold} aria-label={icons ? "Show the names of the pages" : "Show icons alone"}>
            {icons ? <IconLayoutSidebarLeftExpand size={18} stroke={1.6} /> : <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} />}
          </ActionIcon>
        </Tooltip>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Box key={zone} maw={1440} mx="auto"><ScopeChips />{children}</Box>
      </AppShell.Main>
      <Help opened={help} onClose={setHelp.close} />
      <Palette opened={finding} onClose={setFinding.close} />
    </AppShell>
  );
}

export function Logo() {
  return (
    <span className="mark" aria-hidden>
      <svg width="18" height="18" viewBox="0 0 18 18"><path d="M2 4h14M2 9h8M2 14h14" stroke="#fff" strokeWidth="2" strokeLinecap="round" /><path d="M14 6.5v5" stroke="#fff" strokeWidth="2" strokeLinecap="round" /></svg>
    </span>
  );
}

function Theme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <Tooltip label={dark ? "Light" : "Dark"} withArrow>
      <ActionIcon variant="default" size={32} onClick={() => setColorScheme(dark ? "light" : "dark")} aria-label={dark ? "Light theme" : "Dark theme"}>
        {dark ? <IconSun size={17} /> : <IconMoon size={17} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Who() {
  const { who, signOut } = useAuth();
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <ActionIcon variant="default" size={32} aria-label="Account"><IconUser size={17} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{who?.name}{who?.admin ? " · admin" : ""}</Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const typing = (e: KeyboardEvent) => e.target instanceof HTMLElement && (e.target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && !(e.target as HTMLInputElement).readOnly));

/** g and a letter goes to a page; / searches; ? tells of this. */
function useKeys(help: () => void, find: () => void, fold: () => void) {
  const navigate = useNavigate();
  const link = useLinkTo();
  const gone = useRef(-Infinity); // when g was pressed; a page's time begins at 0
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        return find();
      }
      if (typing(e) || e.ctrlKey || e.metaKey || e.altKey) return;
      const page = e.timeStamp - gone.current < 1500 && pages.find((p) => p.key === e.key);
      gone.current = e.key === "g" ? e.timeStamp : -Infinity;
      if (page) return void navigate(link(page.path));
      if (e.key === "?") return help();
      if (e.key === "[") return fold();
      if (e.key !== "/") return;
      e.preventDefault();
      const field = document.querySelector<HTMLInputElement>("[data-search]");
      if (field) field.focus();
      else find();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [navigate, link, help, find, fold]);
}

function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const lines: [string[], string][] = [
    ...pages.map((p): [string[], string] => [["g", p.key], p.label]),
    [["/"], "Search on this page"],
    [["Ctrl", "K"], "Find a page, key, model or request"],
    [["j", "k"], "Next and previous call, in the logs"],
    [["["], "Names or icons of the pages"],
    [["Esc"], "Close what is open"],
    [["?"], "This"],
  ];
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard" closeButtonProps={{ "aria-label": "Close" }}>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        {lines.map(([keys, does]) => (
          <Group key={does} gap={6} wrap="nowrap">
            <Group gap={4} w={72} wrap="nowrap">{keys.map((k) => <kbd key={k}>{k}</kbd>)}</Group>
            <Text size="sm">{does}</Text>
          </Group>
        ))}
      </SimpleGrid>
    </Modal>
  );
}
