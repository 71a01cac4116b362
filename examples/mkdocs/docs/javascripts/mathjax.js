window.MathJax = {
  svg: { scale: 0.9 },
  tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]], tags: "none", packages: { "[+]": ["color"] } },
  options: { ignoreHtmlClass: ".*|", processHtmlClass: "arithmatex" },
};
