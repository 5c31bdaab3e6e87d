// What the pages of integrations do beyond forms: copying addresses, moving routes by key and by hand, the playground.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- copying ------------------------------------------------------------------------------------------
  const copies = navigator.clipboard ? all("[data-copy]") : [];
  for (const button of copies) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }

  // --- routes -------------------------------------------------------------------------------------------
  const rows = all(".routes > .route");
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !"JK".includes(event.key)) return;
    const row = event.target.closest(".routes > .route");
    row?.querySelector(`[data-move=${event.key === "K" ? "up" : "down"}]`)?.click();
  });
  const moveTo = (row, position) => {
    const button = row.querySelector("[data-move]");
    if (position === row.dataset.position) return;
    button.value = position;
    button.click();
  };
  let dragged = null;
  for (const row of rows) {
    if (row.querySelector("[data-move]") && !("last" in row.dataset)) row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      dragged = row;
      row.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      // Some browsers drag nothing that carries nothing.
      event.dataTransfer.setData("text/plain", row.dataset.id);
    });
    row.addEventListener("dragend", () => {
      dragged = null;
      all(".dragged, .target").forEach((one) => one.classList.remove("dragged", "target", "below"));
    });
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row || "last" in row.dataset) return;
      event.preventDefault();
      rows.forEach((one) => one.classList.toggle("target", one === row));
      // It takes the place of that row: dragged down it comes after it.
      row.classList.toggle("below", rows.indexOf(dragged) < rows.indexOf(row));
    });
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      if (dragged && dragged !== row && !("last" in row.dataset)) moveTo(dragged, row.dataset.position);
    });
  }

  // --- the playground -----------------------------------------------------------------------------------
  const bench = document.getElementById("playground");
  if (!bench) return;
  bench.addEventListener("input", (event) => {
    // Whoever writes into the payload means what stands there then, not the alert that it was.
    if (event.target.id === "payload") document.getElementById("source").value = "pasted";
  });
  for (const button of all("[data-fill]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.fill);
      field.value = button.parentElement.querySelector("pre").textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }
  const open = () => {
    const field = location.hash.startsWith("#t-") && document.getElementById(location.hash.slice(1));
    field?.closest?.("details")?.setAttribute("open", "");
    field?.scrollIntoView?.({ block: "center" });
  };
  const mark = () => {
    const failed = new Set(all("#result [data-fault]").map((one) => one.dataset.fault));
    for (const field of all(".editor textarea")) {
      field.classList.toggle("failed", failed.has(field.id));
      field.setAttribute("aria-invalid", String(failed.has(field.id)));
    }
  };
  addEventListener("hashchange", open);
  document.addEventListener("htmx:afterSettle", mark);
  open();
  mark();
})();
