// Pulling across the picture fills the form of an override. Everything works without it: the form has the same fields.
"use strict";
(() => {
  const form = document.querySelector("#override");
  document.querySelectorAll("[data-select]").forEach((field) => field.addEventListener("focus", () => field.select()));
  if (!form) return;
  document.body.classList.add("can-draw");
  const STEP = 30;
  const NS = "http://www.w3.org/2000/svg";
  const pad = (number) => String(number).padStart(2, "0");

  // A place in a strip as the day of its column and minutes of that day; beyond the ends it is the end.
  const at = (strip, x) => {
    const days = [...strip.querySelectorAll("[data-day]")];
    const found = days.find((day) => x < day.getBoundingClientRect().right) ?? days[days.length - 1];
    const box = found.getBoundingClientRect();
    const part = Math.min(Math.max((x - box.left) / box.width, 0), 1);
    return { day: found.dataset.day, minutes: part * 1440 };
  };
  const text = ({ day, minutes }, round) => {
    const whole = round(minutes / STEP) * STEP;
    const [year, month, date] = day.split("-").map(Number);
    const moved = new Date(Date.UTC(year, month - 1, date, 0, whole));
    return `${moved.toISOString().slice(0, 10)}T${pad(moved.getUTCHours())}:${pad(moved.getUTCMinutes())}`;
  };

  document.querySelectorAll("[data-strip]").forEach((strip) => {
    let begin = null;
    let drawn = null;
    strip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      begin = event.clientX;
      strip.setPointerCapture(event.pointerId);
    });
    strip.addEventListener("pointermove", (event) => {
      if (begin === null || Math.abs(event.clientX - begin) < 6) return;
      if (!drawn) {
        drawn = document.createElementNS(NS, "rect");
        drawn.setAttribute("class", "drawn");
        drawn.setAttribute("y", "0");
        drawn.setAttribute("height", "100%");
        strip.append(drawn);
      }
      const left = Math.min(begin, event.clientX) - strip.getBoundingClientRect().left;
      drawn.setAttribute("x", String(left));
      drawn.setAttribute("width", String(Math.abs(event.clientX - begin)));
    });
    const stop = () => {
      drawn?.remove();
      begin = drawn = null;
    };
    strip.addEventListener("pointercancel", stop);
    strip.addEventListener("pointerup", (event) => {
      if (drawn) {
        const [low, high] = [begin, event.clientX].sort((one, other) => one - other);
        form.elements.start.value = text(at(strip, low), Math.floor);
        form.elements.end.value = text(at(strip, high), Math.ceil);
        form.scrollIntoView({ block: "center" });
        form.querySelector("[name=users]").focus();
      }
      stop();
    });
  });
})();
