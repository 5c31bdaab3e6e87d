// Lists of names in forms: when the last field is filled another one follows. Without it a saved form has two more.
"use strict";
document.addEventListener("input", (event) => {
  const list = event.target.closest("[data-names]");
  if (!list) return;
  const rows = [...list.querySelectorAll("label")];
  const last = rows[rows.length - 1];
  if (!last.querySelector("input").value) return;
  const next = last.cloneNode(true);
  next.querySelector("input").value = "";
  const words = next.querySelector(".unseen");
  if (words) words.textContent = words.textContent.replace(/\d+$/, String(rows.length + 1));
  list.append(next);
});
