import { timeScript } from "../time-script.ts";

timeScript("for 0 fires and resolves on the tick", { threshold: "value > 10" }, [
  [10, "ok"],
  [11, "firing:warning > firing:warning"],
  [11, "firing:warning"],
  [10, "resolved:warning > ok"],
]);

timeScript("for must hold without a break", { threshold: "value > 10", for: 2 }, [
  [11, "pending"],
  [11, "pending"],
  [10, "ok"],
  [11, "pending"],
  [11, "pending"],
  [11, "firing:warning > firing:warning"],
  [0, "resolved:warning > ok"],
]);

timeScript(
  "each level has its own timer; up when it has passed, down at once",
  { threshold: { info: "value > 1", warning: "value > 10", critical: "value > 20" }, for: 2 },
  [
    [15, "pending"],
    [25, "pending"],
    [25, "firing:warning > firing:warning"],
    [25, "firing:critical > firing:critical"],
    [15, "firing:warning > firing:warning"],
    [25, "firing:warning"],
    [25, "firing:warning"],
    [25, "firing:critical > firing:critical"],
    [5, "firing:info > firing:info"],
    [0, "resolved:info > ok"],
  ],
);

timeScript(
  "a level holds while a higher one does",
  { threshold: { warning: "value in 10..20", critical: "value > 20" }, for: 1 },
  [
    [15, "pending"],
    [15, "firing:warning > firing:warning"],
    [25, "firing:warning"],
    [25, "firing:critical > firing:critical"],
  ],
);

timeScript(
  "clear is needed for ok, not for a lower level",
  { threshold: { warning: "value > 10", critical: "value > 20", clear: "value < 5" } },
  [
    [7, "ok"],
    [25, "firing:critical > firing:critical"],
    [15, "firing:warning > firing:warning"],
    [7, "firing:warning"],
    [5, "firing:warning"],
    [4, "resolved:warning > ok"],
    [7, "ok"],
    [25, "firing:critical > firing:critical"],
    [7, "firing:warning > firing:warning"],
  ],
);

timeScript("keep_firing counts from when the condition stops", { threshold: "value > 10", keepFiring: 2 }, [
  [11, "firing:warning > firing:warning"],
  [0, "firing:warning"],
  [0, "firing:warning"],
  [11, "firing:warning"],
  [0, "firing:warning"],
  [0, "firing:warning"],
  [0, "resolved:warning > ok"],
]);

const few = { when: "value > 2", warning: "value > 10" };

timeScript("no_data: keep leaves firing firing and resets pending", { threshold: few, for: 2, noData: "keep" }, [
  [1, "no_data"],
  [11, "pending"],
  [11, "pending"],
  [1, "no_data"],
  [11, "pending"],
  [11, "pending"],
  [11, "firing:warning > firing:warning"],
  [1, "firing:warning"],
  ["nothing", "firing:warning"],
  [5, "resolved:warning > ok"],
]);

timeScript("keep_firing does not count through time without data", { threshold: few, keepFiring: 2 }, [
  [11, "firing:warning > firing:warning"],
  [5, "firing:warning"],
  [1, "firing:warning"],
  [1, "firing:warning"],
  [5, "firing:warning"],
  [5, "firing:warning"],
  [5, "resolved:warning > ok"],
]);

timeScript("no_data: ok resolves", { threshold: few, noData: "ok" }, [
  [1, "ok"],
  [11, "firing:warning > firing:warning"],
  [1, "resolved:warning > ok"],
]);

timeScript("no_data: alert is an alert of its own", { threshold: few, noData: "alert", window: 2, for: 1 }, [
  [0, "no_data"],
  [0, "no_data"],
  [0, "BpfwardenNoData firing:warning > no_data"],
  [9, "BpfwardenNoData resolved:warning > ok"],
  [9, "pending"],
  [9, "firing:warning > firing:warning"],
  [0, "resolved:warning > ok"],
]);

timeScript(
  "the for of BpfwardenNoData does not count through degraded time, nor through a window that is not full after it",
  { threshold: few, noData: "alert", window: 2, for: 2 },
  [
    [0, "no_data"],
    [0, "no_data"],
    [0, "no_data"],
    ["degraded", "BpfwardenRuleDegraded firing:warning > degraded"],
    [0, "no_data"],
    [0, "BpfwardenRuleDegraded resolved:warning > no_data"],
    [0, "no_data"],
    [0, "BpfwardenNoData firing:warning > no_data"],
    ["degraded", "BpfwardenRuleDegraded firing:warning > degraded"],
    [0, "no_data"],
    [9, "BpfwardenRuleDegraded resolved:warning > BpfwardenNoData resolved:warning > ok"],
  ],
);

timeScript("a value without data is no data", { aggregates: { value: "avg" }, threshold: "value > 10" }, [
  ["nothing", "no_data"],
]);

timeScript("degraded neither fires nor resolves", { threshold: "value > 10", window: 2 }, [
  [11, "firing:warning > firing:warning"],
  ["degraded", "BpfwardenRuleDegraded firing:warning > firing:warning"],
  ["degraded", "firing:warning"],
  [0, "firing:warning"],
  [0, "resolved:warning > BpfwardenRuleDegraded resolved:warning > ok"],
  ["degraded", "BpfwardenRuleDegraded firing:warning > degraded"],
  [11, "firing:warning > firing:warning"],
]);

timeScript(
  "no_data: ok does not resolve what was degraded within the window",
  { threshold: few, window: 2, noData: "ok" },
  [
    [11, "firing:warning > firing:warning"],
    ["degraded", "BpfwardenRuleDegraded firing:warning > firing:warning"],
    [0, "firing:warning"],
    [0, "resolved:warning > BpfwardenRuleDegraded resolved:warning > ok"],
  ],
);
