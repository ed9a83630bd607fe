// What stands in the place of a page that failed, so that the rest can still be used.
import { Alert, Button, Text } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useLocation } from "react-router";

export function Fault({ children }: { children: ReactNode }) {
  const { pathname, search } = useLocation();
  return <Boundary at={pathname + search}>{children}</Boundary>;
}

class Boundary extends Component<{ at: string; children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError = (error: Error) => ({ error });

  override componentDidUpdate(before: { at: string }) {
    if (this.state.error && before.at !== this.props.at) this.setState({ error: undefined }); // another page may work
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Alert role="alert" color="red" variant="light" title="This page failed">
        <Text size="sm" className="wrap" mb="sm">{error.message}. If Sluice was updated meanwhile, loading the page again is all that is needed.</Text>
        <Button variant="default" onClick={() => location.reload()}>Load it again</Button>
      </Alert>
    );
  }
}
