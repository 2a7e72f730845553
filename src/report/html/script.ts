/**
 * The script of the page: filters findings, folds and unfolds, shows what a link leads to, and prints what is
 * folded. The page can be read without it.
 */
export const SCRIPT = [
  '"use strict";(()=>{const d=document,all=s=>[...d.querySelectorAll(s)],form=d.querySelector("form"),items=all(".kind [id]"),said=d.querySelector("output");',
  "form.hidden=false;",
  "const words=new Map;",
  'const apply=()=>{const q=form.q.value.trim().toLowerCase().split(/\\s+/).filter(Boolean),on=new Set(all("input[type=checkbox]:checked").map(x=>x.value));let n=0;',
  "for(const x of items){const k=x.closest('.kind').dataset;if(!words.has(x))words.set(x,(k.k+' '+x.textContent).toLowerCase());const t=words.get(x),ok=on.has(k.s)&&q.every(w=>t.includes(w));x.hidden=!ok;if(ok)n++}",
  'for(const k of all(".kind"))k.hidden=!k.querySelector("[id]:not([hidden])");',
  'if(q.length)for(const x of all(".kind details"))if(x.querySelector("[id]:not([hidden])"))x.open=true;',
  'said.textContent=n+" of "+items.length+" findings shown"};',
  'form.addEventListener("input",apply);form.addEventListener("submit",e=>e.preventDefault());',
  'const fold=o=>{for(const x of all("details"))x.open=o};d.getElementById("open").onclick=()=>fold(true);d.getElementById("close").onclick=()=>fold(false);',
  "const show=()=>{const x=d.getElementById(decodeURIComponent(location.hash.slice(1)));if(!x)return;if(x.hidden||x.closest('[hidden]')){form.reset();apply()}",
  'for(let p=x;p;p=p.parentElement)if(p.tagName==="DETAILS")p.open=true;x.scrollIntoView();x.tabIndex=-1;x.focus({preventScroll:true})};',
  'addEventListener("hashchange",show);if(location.hash)show();',
  'let before=[];addEventListener("beforeprint",()=>{before=all("details:not([open])");fold(true)});addEventListener("afterprint",()=>{for(const x of before)x.open=false});apply()})();',
].join("");
