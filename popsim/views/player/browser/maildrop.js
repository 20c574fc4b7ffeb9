// The maildrops: every message with its mark in words, with a sign and, when it is to go or gone, struck through.

const SHOWN = 400;

function maildropPane(record) {
  const { section, note } = pane("maildrop", "Maildrop");
  const list = element("div", { class: "pp-scroll", tabindex: "0", role: "group", "aria-label": "Maildrop" });
  const drops = Object.entries(record.head.mail).map(([user, rows]) => maildrop(user, rows));

  section.append(list);
  list.append(...drops.map((drop) => drop.root));
  if (!drops.length) list.append(element("p", { class: "pp-empty" }, "No maildrop was recorded."));

  function maildrop(user, rows) {
    const lock = element("span", { class: "pp-lock" });
    const body = element("tbody");
    const lines = new Map();
    const head = ["no.", "mark", "size", "from", "subject", "unique-id"].map((name) =>
      element("th", { scope: "col" }, name),
    );
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...head)), body);
    for (const row of rows.slice(0, SHOWN)) line(row);
    const rest =
      rows.length > SHOWN
        ? element(
            "p",
            { class: "pp-empty" },
            `${grouped(rows.length - SHOWN)} more messages; each is listed as soon as it is marked`,
          )
        : null;
    const title = element("h4", {}, element("span", {}, user), lock);
    const root = element("div", { class: "pp-drop", "data-user": user }, title, table, rest);

    function line([number, size, uid, from, subject]) {
      const mark = element("td", { class: "pp-mark" });
      const made = element(
        "tr",
        { "data-number": number, title: `unique-id ${printable(uid)}` },
        element("td", {}, String(number)),
        mark,
        element("td", {}, grouped(size)),
        element("td", { title: printable(from) }, whose(printable(from))),
        element("td", { title: printable(subject) }, printable(subject)),
        element("td", { title: printable(uid) }, printable(uid)),
      );
      lines.set(number, { made, mark });
      body.append(made);
      return lines.get(number);
    }

    /** The name alone, where an address follows it in angle brackets. */
    function whose(sender) {
      return sender.replace(/\s*<[^<>]*>$/, "").replace(/^"(.*)"$/, "$1") || sender;
    }

    function draw(values) {
      const holder = values[`mail.${user}.lock`] ?? null;
      const last = values[`mail.${user}.last`];
      lock.textContent = holder === null ? "not locked" : `locked by connection ${holder}`;
      if (last !== undefined) lock.textContent += `, highest number accessed: ${last}`;
      root.dataset.lock = holder === null ? "" : holder;
      const counts = {};
      for (const row of rows) {
        const word = values[`mail.${user}.${row[0]}`];
        counts[word] = (counts[word] ?? 0) + 1;
        const known = lines.get(row[0]) ?? (word === Object.keys(record.head.marks)[0] ? null : line(row));
        if (!known || known.made.dataset.mark === word) continue;
        known.made.dataset.mark = word;
        known.made.hidden = !word; // it arrives later
        known.mark.replaceChildren(
          element("span", { "aria-hidden": "true" }, record.head.marks[word] ?? ""),
          ` ${word}`,
        );
      }
      return Object.keys(record.head.marks)
        .filter((word) => counts[word])
        .map((word) => `${counts[word]} ${word}`);
    }

    return { root, draw };
  }

  return {
    section,
    draw(frame) {
      const totals = drops.map((drop) => drop.draw(frame.values));
      note.textContent = totals.length === 1 ? totals[0].join(", ") : "";
    },
  };
}
