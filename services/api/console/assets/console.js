// What the pages do beyond plain links and forms: keys, live rows, bulk buttons. Everything works without it.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);

  // --- menus, toasts ------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) {
      const isOpen = document.getElementById(toggle.dataset.toggle).classList.toggle("open");
      toggle.setAttribute("aria-expanded", String(isOpen));
    }
    if (event.target.closest("[data-reload]")) location.reload();
    all("details.menu[open]").forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
  });
  const toasts = one("#toasts");
  if (toasts) {
    new MutationObserver(() => {
      if (toasts.querySelector("[data-reload-page]")) return location.reload();
      all(".toast:not([data-timed])", toasts).forEach((toast) => {
        toast.dataset.timed = "";
        setTimeout(() => toast.remove(), toast.classList.contains("problem") ? 20000 : 9000);
      });
    }).observe(toasts, { childList: true, subtree: true });
  }
  const say = (text, isProblem) => {
    const toast = document.createElement("div");
    toast.className = isProblem ? "toast problem" : "toast";
    toast.textContent = text;
    toasts.append(toast);
  };
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const problem = page.querySelector(".problem");
    say(problem ? problem.textContent : `The server answered ${event.detail.xhr.status}.`, true);
  });
  document.addEventListener("htmx:sendError", () => say("The server cannot be reached.", true));
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  // --- selecting and acting on many -----------------------------------------------------------------
  const picks = () => all(".pick input");
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) picks().forEach((box) => (box.checked = event.target.checked));
  });
  document.addEventListener("submit", (event) => {
    if (!window.htmx || event.target.id !== "bulk") return;
    event.preventDefault();
    const ids = picks().filter((box) => box.checked).map((box) => box.value);
    if (!ids.length) return say("Select alert groups first.", true);
    act(new URL(event.submitter.formAction).pathname.split("/").pop(), ids, event.target.elements.delay?.value);
  });
  const act = (action, ids, delay) =>
    window.htmx.ajax("POST", `/alert-groups/actions/${action}`, {
      source: document.body,
      swap: "none",
      values: { id: ids, place: "row", ...(action === "silence" ? { delay: delay ?? 3600 } : {}) },
    });

  // --- rows that renew themselves ---------------------------------------------------------------------
  const list = one("[data-live='groups']");
  // Found anew each time: it is renewed with the page around it.
  const group = () => one("[data-live='group']");
  const renew = (row) => {
    const query = location.search;
    window.htmx.ajax("GET", `/alert-groups/${row.dataset.id}/row${query}`, { target: row, swap: "outerHTML" });
  };
  const isWrittenIn = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  const isChosen = (field) =>
    field.selectedIndex > 0 && !field.options[field.selectedIndex].defaultSelected;
  const isPageInUse = () =>
    one("main details.menu[open]") ||
    all("main textarea, main input").some(isWrittenIn) ||
    all("main select").some(isChosen);
  let later;
  const look = () => {
    clearTimeout(later);
    // A page that somebody writes in keeps still until that is sent.
    if (isPageInUse()) later = setTimeout(look, 2000);
    else group()?.dispatchEvent(new CustomEvent("changed"));
  };
  let opened = [];
  document.addEventListener("htmx:beforeSwap", () => (opened = all("main details[id][open]").map((one) => one.id)));
  document.addEventListener("htmx:afterSwap", () => {
    opened.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  });
  const part = (selector) =>
    window.htmx.ajax("GET", location.href, { target: selector, select: selector, swap: "outerHTML" });
  // Whoever works in the list keeps his place: for him rows renew one by one, and new ones wait to be asked for.
  const isListInUse = () =>
    scrollY > 40 || picks().some((box) => box.checked) || one("#main details[open], dialog[open]") ||
    document.activeElement?.closest("#main form, #main .row") || String(getSelection()) ||
    // Nothing may move away from under a finger or pointer that is about to press.
    one("#main .rows:hover") || (matchMedia("(hover: none)").matches && one("#main .row"));
  const RENEWED_EVERY_MS = 3000;
  let changedIds = new Set(), toldIds = new Set(), hasMore = false, renewal = null, renewedAt = -RENEWED_EVERY_MS;
  const renewList = async () => {
    const ids = changedIds, told = toldIds, more = hasMore;
    changedIds = new Set();
    toldIds = new Set();
    hasMore = false;
    if (!window.htmx) {
      one("#news").hidden = false;
    } else if (isListInUse()) {
      const rowOf = (id) => document.getElementById(`row-${id}`);
      // A row that is being used keeps still: an open menu or a focused button would vanish under the finger.
      [...new Set([...ids, ...told])].map(rowOf).filter((row) => row && !row.querySelector("details[open]")).forEach(renew);
      if (more || ![...ids].every(rowOf)) one("#news").hidden = false;
      await part("#main .cards");
    } else {
      await part("#main");
    }
  };
  const listChanged = () => {
    renewal ??= setTimeout(async () => {
      try {
        await renewList();
      } finally {
        renewal = null;
        renewedAt = performance.now();
        if (changedIds.size || toldIds.size || hasMore) listChanged();
      }
    }, Math.max(0, renewedAt + RENEWED_EVERY_MS - performance.now()));
  };
  const catchUp = async () => {
    const answer = await fetch(location.href).catch(() => null);
    const there = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!there || !one("[data-live='groups']", there)) return;
    const gone = all("#main .row").filter((row) => !there.getElementById(row.id));
    const changed = all("#main .row", there).filter(
      (row) => document.getElementById(row.id)?.textContent !== row.textContent
    );
    [...gone, ...changed].forEach((row) => changedIds.add(row.dataset.id));
    const cards = (page) => one("#main .cards", page)?.textContent;
    if (changedIds.size || cards(there) !== cards(document)) listChanged();
  };
  if ((list || group()) && window.EventSource) {
    const feed = new EventSource("/live/groups");
    // What happened while nobody listened: before the feed was open, and whenever it was lost.
    feed.addEventListener("open", () => (group() ? look() : catchUp()));
    feed.addEventListener("groups", (event) => {
      const changed = JSON.parse(event.data);
      if (group()) {
        if (![...changed.ids, ...changed.told].includes(group().dataset.id)) return;
        look();
        // The story is written down a moment after it happened.
        later = setTimeout(look, 2000);
        return;
      }
      changed.ids.forEach((id) => changedIds.add(id));
      changed.told.forEach((id) => toldIds.add(id));
      hasMore ||= changed.more;
      listChanged();
    });
    addEventListener("pagehide", () => feed.close());
  }

  // --- the picture of the pipeline: looked at again when the stream says so, or by the clock without a stream ---------
  const picture = one("[data-live='pipeline']");
  if (picture) {
    const look = () => picture.dispatchEvent(new CustomEvent("changed"));
    const feed = window.EventSource && new EventSource("/live/pipeline");
    feed?.addEventListener("pipeline", look);
    setInterval(() => feed?.readyState === 1 || look(), 5000);
    addEventListener("pagehide", () => feed?.close());
  }

  // --- keys -------------------------------------------------------------------------------------------
  const places = Object.fromEntries(all("nav [data-key]").map((link) => [link.dataset.key, link.href]));
  let waitsForPlace = false;
  const rows = () => all(".rows > .row");
  const current = () => document.activeElement?.closest(".rows > .row");
  const move = (step) => {
    const list = rows();
    const next = list[Math.min(Math.max(list.indexOf(current()) + step, 0), list.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => {
    const ids = picks().filter((box) => box.checked).map((box) => box.value);
    const here = current()?.dataset.id ?? group()?.dataset.id;
    return ids.length ? ids : here ? [here] : [];
  };
  const press = (action) => {
    const ids = chosen();
    if (!window.htmx || !one("form#one")) return;
    if (!ids.length) return say("Move to an alert group with j and k first.", true);
    act(action, ids);
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => current()?.querySelector(".pick input")?.click(),
    a: () => press("acknowledge"),
    r: () => press("resolve"),
    s: () => press("silence"),
    "/": () => one("input[type=search]")?.focus(),
    "?": () => one("#keys")?.showModal(),
    Enter: () => current() === document.activeElement && current()?.querySelector("a.title")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
    if (waitsForPlace) {
      waitsForPlace = false;
      if (places[event.key]) location.assign(places[event.key]);
      return;
    }
    if (event.key === "g") {
      waitsForPlace = true;
      setTimeout(() => (waitsForPlace = false), 1500);
    } else if (keys[event.key] && !(event.key === "Enter" && event.target.closest("a, button, summary"))) {
      if (event.key !== "Enter") event.preventDefault();
      keys[event.key]();
    }
  });
})();
