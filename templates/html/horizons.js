
"use strict";
(() => {
  // Of what depends on the number of steps the slider shows that for one; on paper all of it stands.
  const slider = document.getElementById("horizon");
  if (slider) {
    const said = document.querySelector("output[for='horizon']");
    const each = [...document.querySelectorAll("details.horizon")];
    const show = () => {
      for (const one of each) {
        const chosen = one.id === "horizon-" + slider.value;
        one.open = chosen;
        one.classList.toggle("chosen", chosen);
      }
      const name = document.querySelector("#horizon-" + slider.value + " > summary").textContent;
      said.textContent = slider.value;
      slider.setAttribute("aria-valuetext", name);
      dispatchEvent(new Event("resize"));
    };
    slider.addEventListener("input", show);
    show();
  }
  // A link, or the address, may lead into what is folded.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const region = target && target.closest("details.horizon");
    if (!region || region.open) return;
    slider.value = region.id.replace("horizon-", "");
    slider.dispatchEvent(new Event("input"));
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
})();
