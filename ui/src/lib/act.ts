// What the user does, as opposed to what is shown.
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

/** useAct does one thing at a time, says when it failed or was done, and shows the new state. */
export function useAct<In, Out>(what: (input: In) => Promise<Out>, refresh: string[], done?: (out: Out) => string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: what,
    onSuccess: async (out) => {
      await Promise.all(refresh.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      const says = done?.(out);
      if (says) notifications.show({ message: says, color: "green", closeButtonProps: { "aria-label": "Close" } });
    },
    onError: (e) => notifications.show({ title: "That did not work", message: e.message, color: "red", closeButtonProps: { "aria-label": "Close" } }),
  });
}
