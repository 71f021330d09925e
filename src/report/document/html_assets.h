// The style and the script of report.html.
#pragma once

#include <string_view>

namespace sg {

inline constexpr std::string_view kHtmlStyle = R"css(
:root{color-scheme:light dark;--ink:#1f2328;--quiet:#59636e;--paper:#fff;--soft:#f6f8fa;--rule:#d0d7de;--missing:#e3e6ea;
--yes:#0072B2;--no:#8c959f;--warn:#b35900}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--quiet:#9aa4af;--paper:#0f1419;--soft:#171d24;--rule:#343d47;
--missing:#2a313a;--yes:#56B4E9;--no:#8c959f;--warn:#E69F00}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem;text-wrap:balance}
h2{font-size:1.25rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
h1,h2,h3,p,li,td,th,figcaption,summary{overflow-wrap:anywhere}
p,ul,.call{max-width:46rem}
.quiet,.note,figcaption{color:var(--quiet);font-size:.9rem}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--soft);padding:.1em .3em;border-radius:3px}
.call{border-left:4px solid var(--yes);background:var(--soft);padding:.7rem 1rem;margin:1rem 0}
.call p{margin:.2rem 0}.call .head{font-size:1.1rem}
.call.none{border-color:var(--no)}.call.warn{border-color:var(--warn)}
.box{overflow-x:auto;margin:.6rem 0;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
caption,.caption{text-align:left;font-weight:600;margin:1rem 0 .3rem}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;min-width:3.5rem;overflow-wrap:normal}
td.wide{min-width:11rem}td.short{white-space:nowrap}th:first-child,td:first-child{padding-left:0}
thead th{border-bottom:2px solid var(--ink);vertical-align:bottom}
th.n,td.n{text-align:right;white-space:nowrap}
th button{all:unset;cursor:pointer;font-weight:600}
th button:focus-visible{outline:2px solid var(--yes)}
th[aria-sort=ascending] button::after{content:" \2191"}th[aria-sort=descending] button::after{content:" \2193"}
nav ul{list-style:none;padding:0;margin:.6rem 0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;font-size:.9rem}
a{color:var(--yes)}.csv{font-size:.8rem;font-weight:400;margin-left:.4em}
.anchor{text-decoration:none;color:var(--quiet);opacity:0;font-weight:400}h2:hover .anchor,h3:hover .anchor,.anchor:focus{opacity:1}
.notes{font-size:.85rem;color:var(--quiet);padding-left:1.1rem;margin:.3rem 0}
figure{margin:1.4rem 0}figcaption{margin-top:.3rem}
.panels{display:flex;flex-wrap:wrap;gap:.6rem 1rem}
.panel{flex:0 1 auto;max-width:100%;overflow-x:auto}
.panel svg{display:block;width:100%;height:auto}
.gs{stroke:var(--ink)}.gf{fill:var(--ink)}.gr{stroke:var(--rule)}.gm{fill:var(--missing)}
.tip{position:fixed;z-index:1;max-width:min(26rem,90vw);padding:.3rem .6rem;border-radius:4px;background:var(--ink);color:var(--paper);
font-size:.85rem;pointer-events:none;overflow-wrap:anywhere}
.panel [data-t]:hover{stroke:var(--ink);stroke-width:1.5}
details{margin:1rem 0}summary{cursor:pointer;font-weight:600}
pre{overflow-x:auto;background:var(--soft);padding:.8rem 1rem;font:.82rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media print{nav,.anchor,.csv,.tip{display:none}:root{--ink:#000;--quiet:#444;--paper:#fff;--soft:#f6f8fa;--rule:#bbb;--missing:#e3e6ea}
main{max-width:none;padding:0}figure,.call,tr{break-inside:avoid}h2,h3{break-after:avoid}.box,.panel{overflow:visible}
pre{white-space:pre-wrap}body{font-size:10.5pt}}
)css";

/// Tells at once, and where a finger is laid, what a mark of a figure is of; without the script its title does. Sorts a
/// table by the column whose head is pressed: by data-k (numbers) or by text; what has no value goes last.
inline constexpr std::string_view kHtmlScript = R"js(
document.querySelectorAll("th button").forEach(function(b){b.addEventListener("click",function(){
var h=b.parentNode,t=h.closest("table"),i=h.cellIndex,d=h.getAttribute("aria-sort")==="ascending"?-1:1,
v=function(r){var c=r.cells[i],k=c.dataset.k;return k===undefined?c.textContent:k==="inf"?1/0:k==="-inf"?-1/0:Number(k)};
t.querySelectorAll("th").forEach(function(x){x.removeAttribute("aria-sort")});
h.setAttribute("aria-sort",d>0?"ascending":"descending");
Array.from(t.tBodies[0].rows).sort(function(p,q){var a=v(p),b=v(q),n=typeof a==="number",m=typeof b==="number";
if(n&&m)return d*(a-b);if(n!==m)return n?-1:1;return d*a.localeCompare(b)})
.forEach(function(r){t.tBodies[0].appendChild(r)})})});
var tip=document.createElement("div");tip.className="tip";tip.hidden=true;document.body.appendChild(tip);
document.querySelectorAll("svg title").forEach(function(e){var p=e.parentNode;if(p.tagName==="svg")return;
p.dataset.t=e.textContent;p.setAttribute("aria-label",e.textContent);e.remove()});
["pointermove","pointerdown"].forEach(function(n){document.addEventListener(n,function(e){
var p=e.target.closest&&e.target.closest("[data-t]");tip.hidden=!p;if(!p)return;tip.textContent=p.dataset.t;
var x=e.clientX+12,y=e.clientY+16;if(y+tip.offsetHeight>innerHeight)y=e.clientY-tip.offsetHeight-10;
tip.style.left=Math.max(4,Math.min(x,innerWidth-tip.offsetWidth-8))+"px";tip.style.top=y+"px"})});
document.addEventListener("scroll",function(){tip.hidden=true},true);
window.addEventListener("beforeprint",function(){document.querySelectorAll("details").forEach(function(d){d.open=true})});
)js";

}  // namespace sg
