// Makes the pages better where scripts run; without it everything works as well.
"use strict";

const field = document.querySelector("#q");
const DELAY = 150; // milliseconds without a key after which a search is begun
let waiting = 0, asked = 0;

async function typed() {
  const number = ++asked;
  const address = "/?q=" + encodeURIComponent(field.value);
  const answer = await fetch(address, { headers: { "x-typing": "1" } }).catch(() => null);
  if (!answer || !answer.ok || number !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  document.title = page.title;
  history.replaceState(null, "", address);
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(typed, DELAY);
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, [contenteditable]");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

for (const block of document.querySelectorAll("pre.command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const text = block.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block); // no right to the clipboard: it is selected instead
      button.textContent = "Selected";
    }
  });
  block.after(button);
}
