// The console: a line for commands, and what came of them below it. The whole line leaves in one message.

function render({ model, el }) {
  const field = document.createElement("input");
  field.type = "text";
  field.spellcheck = false;
  field.autocomplete = "off";
  field.placeholder = model.get("hint");
  const label = document.createElement("label");
  label.append("C: ", field);
  const exchanges = document.createElement("div");
  exchanges.setAttribute("aria-live", "polite");

  const show = () => {
    exchanges.innerHTML = model.get("exchanges");
  };
  model.on("change:exchanges", show);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the notebook has other plans for keys
    if (event.key !== "Enter" || event.isComposing || !field.value.trim()) return;
    event.preventDefault();
    model.send({ line: field.value });
    field.value = "";
  });

  el.classList.add("popsim-console");
  el.append(label, exchanges);
  show();
  return () => model.off("change:exchanges", show);
}

export default { render };
