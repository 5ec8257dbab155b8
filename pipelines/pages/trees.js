"use strict";
// Every text of the data reaches the page by textContent: nothing in it is ever read as HTML.
const trees = JSON.parse(document.getElementById("data").textContent);
const list = document.getElementById("trees"), dialogue = document.getElementById("dialogue");
const filter = document.getElementById("filter"), statements = document.getElementById("statements");
const MARKS = { preferred: "✓ preferred", rejected: "✗ rejected", undecided: "= undecided" };
const panel = document.getElementById("panel");
const steps = [[document.getElementById("previous"), -1], [document.getElementById("next"), 1]];
const hovers = window.matchMedia("(hover: hover)").matches, narrow = window.matchMedia("(max-width: 46rem)").matches;
let current = 0, chosen = new Map(), marks = [], turns = [], lookedAt = -1;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function matches(tree) {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [tree.id, tree.persona, ...tree.facts, ...tree.traits].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

const items = trees.map((tree, number) => {
  const item = element("li"), button = element("button");
  button.type = "button";
  button.append(element("small", tree.id), element("span", tree.facts.slice(0, 2).join(" ")));
  button.addEventListener("click", () => open(number));
  item.append(button);
  return item;
});

// The next tree in a direction that the filter leaves in the list.
function neighbour(step) {
  let number = current + step;
  while (items[number]?.hidden) number += step;
  return number;
}

// Items and buttons stay in the page and change in place, so that the keyboard's focus stays on them.
function mark() {
  items.forEach((item, number) => item.firstChild.setAttribute("aria-current", String(number === current)));
  for (const [button, step] of steps) button.setAttribute("aria-disabled", String(!trees[neighbour(step)]));
}

function narrowDown() {
  items.forEach((item, number) => { item.hidden = !matches(trees[number]); });
  document.getElementById("found").textContent = `${items.filter((item) => !item.hidden).length} of ${trees.length} trees`;
  mark();
}

// The turns of the path that is followed: where both replies went on, the chosen one, at first the earlier.
function path(tree) {
  const replies = new Map(), users = new Map();
  for (const node of tree.nodes) {
    if (node.role === "user") users.set(node.parent, node);
    else replies.set(node.parent, [...(replies.get(node.parent) ?? []), node]);
  }
  const found = [];
  let user = users.get(null), before = [];
  while (user) {
    const pair = replies.get(user.id) ?? [], open = pair.filter((reply) => reply.continued);
    const next = open.find((reply) => reply.id === chosen.get(user.id)) ?? open[0];
    found.push({ user, pair, open, next, fresh: user.disclosed.filter((number) => !before.includes(number)) });
    before = user.disclosed;
    user = next && users.get(next.id);
  }
  return found;
}

function replyCard(turn, reply) {
  const left = turn.next && turn.next !== reply ? " left" : "";
  const card = element("article", undefined, `reply ${reply.label ?? ""}${left}`);
  const tags = element("p", undefined, "tags");
  tags.append(element("b", reply.responder), element("span", MARKS[reply.label] ?? "", reply.label ?? ""));
  if (reply.continued) tags.append(element("span", "→ went on"));
  const own = (vote) => `${vote[reply.responder]}${vote.first === reply.responder ? " (first)" : ""}`;
  const footer = element("footer", reply.votes?.length ? `scores ${reply.votes.map(own).join(", ")}` : "no scores");
  if (turn.open.length > 1 && reply.continued) {
    const follow = element("button", turn.next === reply ? "followed" : "follow this branch", "follow");
    follow.type = "button";
    follow.setAttribute("aria-pressed", String(turn.next === reply));
    footer.append(follow);
    card.classList.add("fork");
    card.addEventListener("click", (event) => {
      if (event.target === follow || window.getSelection().isCollapsed) followReply(turn, reply);
    });
  }
  card.append(tags, element("p", reply.content, "text"), footer);
  return card;
}

function followReply(turn, reply) {
  const number = turns.indexOf(turn);
  chosen.set(turn.user.id, reply.id);
  draw(number);
  dialogue.children[number].querySelector("[aria-pressed=true]").focus({ preventScroll: true });
}

function turnOf(tree, turn) {
  const all = [...tree.facts, ...tree.traits], block = element("section", undefined, "turn");
  block.tabIndex = 0;
  const margin = turn.pair[0]?.margin;
  const note = margin === null || margin === undefined ? "" : ` · margin ${margin.toFixed(2)}`;
  const said = element("div", undefined, "person");
  said.append(element("p", turn.user.content, "text"));
  block.append(element("h3", `Turn ${turn.user.turn}${note}`), said);
  if (turn.fresh.length) {
    const shows = element("ul", undefined, "shows");
    shows.append(...turn.fresh.map((number) => element("li", all[number])));
    block.append(shows);
  }
  const replies = element("div", undefined, "replies");
  replies.append(...turn.pair.map((reply) => replyCard(turn, reply)));
  block.append(replies);
  return block;
}

function drawPersona(tree) {
  const part = (title, texts) => {
    const box = element("div"), items = element("ul");
    for (const text of texts) {
      const item = element("li");
      item.append(element("span", ""), element("span", text));
      marks.push(item);
      items.append(item);
    }
    box.append(element("h3", title), items);
    return box;
  };
  marks = [];
  statements.replaceChildren(part("Facts", tree.facts), part("Traits", tree.traits));
}

// Lights up what was shown up to the turn that is being looked at.
function lookAt(number) {
  const turn = turns[number], facts = trees[current].facts.length;
  if (!turn || number === lookedAt) return;
  lookedAt = number;
  [...dialogue.children].forEach((block, at) => block.classList.toggle("looked-at", at === number));
  const when = (mark) => turns.findIndex((one) => one.fresh.includes(mark)) + 1;
  marks.forEach((item, mark) => {
    const shown = turn.user.disclosed.includes(mark);
    item.className = turn.fresh.includes(mark) ? "new" : shown ? "shown" : "";
    item.firstChild.textContent = shown ? `turn ${when(mark)}` : "";
  });
  const known = turn.user.disclosed, some = known.filter((mark) => mark < facts).length;
  document.getElementById("shown").textContent = `by turn ${turn.user.turn}: ${some} of ${facts} facts, ` +
    `${known.length - some} of ${marks.length - facts} traits shown`;
  bringIntoPanel(marks[Math.min(...turn.fresh)]);
}

// Scrolls the panel alone: scrollIntoView would move the page as well.
function bringIntoPanel(item) {
  if (!item) return;
  const around = panel.getBoundingClientRect(), own = item.getBoundingClientRect();
  if (own.top < around.top || own.bottom > around.bottom) panel.scrollTop += own.top - around.top - around.height / 3;
}

function draw(number) {
  const tree = trees[current];
  turns = path(tree);
  document.getElementById("name").textContent = `${tree.id} · ${tree.persona}`;
  dialogue.replaceChildren(...turns.map((turn) => turnOf(tree, turn)));
  [...dialogue.children].forEach((block, at) => {
    block.addEventListener("mouseenter", () => lookAt(at));
    block.addEventListener("focusin", () => lookAt(at));
  });
  drawPersona(tree);
  lookedAt = -1;
  lookAt(number);
}

function open(number, keep) {
  if (!trees[number]) return;
  current = number;
  chosen = new Map();
  mark();
  draw(0);
  items[number].scrollIntoView({ block: "nearest" });
  if (narrow && !keep) document.getElementById("middle").scrollIntoView();
  else window.scrollTo({ top: 0 });
  if (!keep) history.replaceState(null, "", `#${trees[number].id}`);
}

function fromAddress() {
  return Math.max(0, trees.findIndex((tree) => `#${tree.id}` === location.hash));
}

document.addEventListener("keydown", (event) => {
  if (event.target === filter || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowLeft") open(neighbour(-1));
  if (event.key === "ArrowRight") open(neighbour(1));
});
for (const [button, step] of steps) button.addEventListener("click", () => open(neighbour(step)));
window.addEventListener("hashchange", () => open(fromAddress()));
// What crosses a line at 40% of the window is looked at; near the page's end the line sinks, so that the last turns
// cross it too.
window.addEventListener("scroll", () => {
  const room = document.documentElement.scrollHeight - window.innerHeight;
  const line = Math.max(window.innerHeight * 0.4, window.innerHeight - (room - window.scrollY));
  const passed = [...dialogue.children].filter((block) => block.getBoundingClientRect().top <= line).length;
  if (!hovers || !dialogue.matches(":hover")) lookAt(Math.max(0, passed - 1));
}, { passive: true });
filter.addEventListener("input", narrowDown);
list.append(...items);
narrowDown();
if (narrow) document.getElementById("persona").open = false;
document.getElementById("app").hidden = false;
if (trees.length) open(fromAddress(), true);
