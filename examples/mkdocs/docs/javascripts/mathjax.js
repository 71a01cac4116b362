window.MathJax = {
  tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]], tags: "none", packages: { "[+]": ["color"] } },
  options: { ignoreHtmlClass: ".*|", processHtmlClass: "arithmatex" },
};
