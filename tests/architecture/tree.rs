//! The program's sources as they are compiled, tests left out: modules, what each names, what each defines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syn::visit::{self, Visit};

/// A path, segment by segment; that of a module is counted from the crate.
pub(crate) type Segments = Vec<String>;

/// A type that a file defines.
#[derive(Debug, Clone)]
pub(crate) struct Defined {
    pub(crate) name: String,
    /// Seen in the whole crate: `pub` or `pub(crate)`.
    pub(crate) is_public: bool,
    /// Named fields of a struct.
    pub(crate) fields: usize,
}

/// What a `use` brings into a module.
#[derive(Debug, Clone)]
struct Import {
    path: Segments,
    /// The name that it has here; none where everything is brought in.
    name: Option<String>,
}

/// One source file.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Below `src`.
    pub(crate) path: PathBuf,
    pub(crate) types: Vec<Defined>,
    /// Every path that its code names, as it is written, and every method that it calls.
    pub(crate) words: BTreeSet<String>,
    /// Paths of more than one segment.
    paths: BTreeSet<Segments>,
    imports: Vec<Import>,
    /// What it says of types without a trait, as it names them.
    pub(crate) inherent: BTreeSet<Segments>,
    items: BTreeSet<String>,
    children: Vec<String>,
}

/// All files by their modules.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<Segments, Source>);

pub(crate) static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::default();
    tree.read(Vec::new(), Path::new("lib.rs"));
    assert!(tree.0.len() > 50, "the source files are found");
    tree
});

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

impl Tree {
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Segments, &Source)> {
        self.0.iter()
    }

    /// The other files that a file names, with the words in which it does. What a file passes on is traced to
    /// where it is defined.
    pub(crate) fn named_by(&self, module: &[String]) -> BTreeMap<&Segments, BTreeSet<String>> {
        let mut named: BTreeMap<&Segments, BTreeSet<String>> = BTreeMap::new();
        let source = &self.0[module];
        let imports = source.imports.iter().map(|import| &import.path);
        for path in imports.chain(&source.paths) {
            if let Some(target) = self.target(module, path)
                && target != module
            {
                named.entry(target).or_default().insert(path.join("::"));
            }
        }
        named
    }

    /// The file that defines a type, as a module names it.
    pub(crate) fn home_of(&self, module: &[String], name: &[String]) -> Option<&Segments> {
        match name {
            [alone] if self.0[module].items.contains(alone) => {
                self.0.get_key_value(module).map(|(key, _)| key)
            }
            _ => self.target(module, name),
        }
    }

    /// The file in which what a module names is defined; none for what other crates define.
    fn target(&self, module: &[String], path: &[String]) -> Option<&Segments> {
        let (mut at, mut rest) = (module, path);
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (&[], &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|first| first == "super") {
                    at = &at[..at.len().checked_sub(1)?];
                    rest = &rest[1..];
                }
            }
            first if self.brings_in(module, first) => {}
            _ => return None,
        }
        self.walk(at, rest, 0)
    }

    fn brings_in(&self, module: &[String], name: &str) -> bool {
        let source = &self.0[module];
        let mut imports = source.imports.iter();
        source.children.iter().any(|child| child == name)
            || imports.any(|import| import.name.as_deref() == Some(name) && import.path[0] != name)
    }

    fn walk(&self, module: &[String], rest: &[String], depth: usize) -> Option<&Segments> {
        let (here, source) = self.0.get_key_value(module)?;
        let Some((first, behind)) = rest.split_first() else {
            return Some(here);
        };
        if depth > 16 || source.items.contains(first) {
            return Some(here);
        }
        if source.children.contains(first) {
            let child: Segments = module.iter().chain([first]).cloned().collect();
            return self.walk(&child, behind, depth + 1);
        }
        let follow = |path: &[String], behind: &[String]| {
            let whole: Segments = path.iter().chain(behind).cloned().collect();
            (path.first() != Some(first)).then(|| self.follow(module, &whole, depth + 1))?
        };
        let mut by_name = source.imports.iter();
        if let Some(import) = by_name.find(|import| import.name.as_ref() == Some(first)) {
            return follow(&import.path, behind);
        }
        let globs = source.imports.iter().filter(|import| import.name.is_none());
        let mut found = globs.filter_map(|glob| follow(&glob.path, rest));
        found.next().or(Some(here))
    }

    fn follow(&self, module: &[String], path: &[String], depth: usize) -> Option<&Segments> {
        match path.first()?.as_str() {
            "crate" => self.walk(&[], &path[1..], depth),
            "self" => self.walk(module, &path[1..], depth),
            "super" => self.follow_up(module.split_last()?.1, &path[1..], depth),
            first if self.0[module].children.iter().any(|child| child == first) => {
                self.walk(module, path, depth)
            }
            _ => None,
        }
    }

    fn follow_up(&self, module: &[String], rest: &[String], depth: usize) -> Option<&Segments> {
        match rest.split_first() {
            Some((first, behind)) if first == "super" => {
                self.follow_up(module.split_last()?.1, behind, depth)
            }
            _ => self.walk(module, rest, depth),
        }
    }

    fn read(&mut self, module: Segments, path: &Path) {
        let text = fs::read_to_string(root().join(path)).expect("the file of a module can be read");
        let file = syn::parse_file(&text).expect("what compiles can be parsed");
        let mut source = Source {
            path: path.to_owned(),
            ..Source::default()
        };
        source.visit_file(&file);
        for child in source.children.clone() {
            let name: PathBuf = module.iter().chain([&child]).collect();
            let name = name.with_extension("rs");
            let child = module.iter().cloned().chain([child]).collect();
            self.read(child, &name);
        }
        self.0.insert(module, source);
    }
}

/// Whether something is compiled for tests alone.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_condition = attribute.path().is_ident("cfg");
        attribute.path().is_ident("test")
            || is_condition
                && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_public(visibility: &syn::Visibility) -> bool {
    match visibility {
        syn::Visibility::Public(_) => true,
        syn::Visibility::Restricted(limits) => limits.path.is_ident("crate"),
        syn::Visibility::Inherited => false,
    }
}

impl Source {
    fn define(&mut self, name: &syn::Ident, visibility: &syn::Visibility, fields: usize) {
        self.items.insert(name.to_string());
        self.types.push(Defined {
            name: name.to_string(),
            is_public: is_public(visibility),
            fields,
        });
    }

    fn import(&mut self, mut path: Segments, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.import(path, &inner.tree);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(path.clone(), tree);
                }
            }
            syn::UseTree::Name(name) => self.bring_in(path, &name.ident, &name.ident),
            syn::UseTree::Rename(renamed) => self.bring_in(path, &renamed.ident, &renamed.rename),
            syn::UseTree::Glob(_) => {
                self.words.insert(path.join("::"));
                self.imports.push(Import { path, name: None });
            }
        }
    }

    fn bring_in(&mut self, mut path: Segments, what: &syn::Ident, name: &syn::Ident) {
        // `use x::{self, y}` names `x`.
        let name = match (what == "self", path.last()) {
            (true, Some(last)) if name == "self" => last.clone(),
            _ => name.to_string(),
        };
        if what != "self" {
            path.push(what.to_string());
        }
        self.words.insert(path.join("::"));
        let name = Some(name);
        self.imports.push(Import { path, name });
    }

    fn name_path(&mut self, path: Segments) {
        self.words.insert(path.join("::"));
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

fn segments(path: &syn::Path) -> Segments {
    let segments = path.segments.iter();
    segments.map(|segment| segment.ident.to_string()).collect()
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        match item {
            syn::Item::Struct(item) => {
                let fields = match &item.fields {
                    syn::Fields::Named(named) => named.named.len(),
                    _ => 0,
                };
                self.define(&item.ident, &item.vis, fields);
            }
            syn::Item::Enum(item) => self.define(&item.ident, &item.vis, 0),
            syn::Item::Trait(item) => self.define(&item.ident, &item.vis, 0),
            syn::Item::Type(item) => self.define(&item.ident, &item.vis, 0),
            syn::Item::Impl(item) if item.trait_.is_none() => {
                if let syn::Type::Path(named) = item.self_ty.as_ref() {
                    self.inherent.insert(segments(&named.path));
                }
            }
            syn::Item::Use(item) => self.import(Vec::new(), &item.tree),
            syn::Item::Mod(item) if item.content.is_none() => self.children.push(item.ident.to_string()),
            syn::Item::Fn(item) => _ = self.items.insert(item.sig.ident.to_string()),
            syn::Item::Const(item) => _ = self.items.insert(item.ident.to_string()),
            syn::Item::Static(item) => _ = self.items.insert(item.ident.to_string()),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.name_path(segments(path));
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.words.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    /// What a macro is given is not parsed; the paths in it are.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call
            .tokens
            .to_string()
            .replace(" :: ", "::")
            .replace(":: ", "::")
            .replace(" ::", "::");
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in text.split(|c: char| !is_part(c)) {
            let path: Segments = word.split("::").map(ToOwned::to_owned).collect();
            if path.len() > 1 && path.iter().all(|segment| !segment.is_empty()) {
                self.name_path(path);
            }
        }
        visit::visit_macro(self, call);
    }
}
