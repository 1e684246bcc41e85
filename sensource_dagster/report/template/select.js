"use strict";
// Without this script every panel is on the page, and a list of links leads to them.
(() => {
  const select = document.getElementById("subject");
  const panels = document.querySelectorAll("[data-subject]");
  const show = (subject) => {
    select.value = subject;
    for (const panel of panels) panel.hidden = panel.dataset.subject !== subject;
  };
  const follow = () => {
    const panel = document.getElementById(location.hash.slice(1));
    if (!panel || !panel.dataset.subject) return;
    show(panel.dataset.subject);
    panel.scrollIntoView();
  };
  if (!select) return;
  document.documentElement.classList.add("with-script");
  document.getElementById("chooser").hidden = false;
  select.addEventListener("change", () => show(select.value));
  window.addEventListener("hashchange", follow);
  show(select.value);
  follow();
})();
