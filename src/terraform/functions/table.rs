//! The names of the functions, how many arguments they take, and what implements them.

use super::argument::{Call, Outcome};
use super::{
    collection, convert, date, encoding, filesystem, format, hash, map, network, numeric, pattern, set, string,
    text_encoding, yaml,
};

/// How a result becomes sensitive.
#[derive(Clone, Copy)]
pub(super) enum Marks {
    /// Where any part of an argument is.
    Deep,
    /// Where an argument as a whole is: sensitive elements stay what they are, and no more.
    Shallow,
    /// The function decides.
    Own,
}

/// A built-in function.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) marks: Marks,
    pub(super) run: fn(&Call<'_>) -> Outcome,
}

const fn deep(name: &'static str, least: usize, most: usize, run: fn(&Call<'_>) -> Outcome) -> Function {
    Function { name, least, most, marks: Marks::Deep, run }
}

const fn shallow(name: &'static str, least: usize, most: usize, run: fn(&Call<'_>) -> Outcome) -> Function {
    Function { name, least, most, marks: Marks::Shallow, run }
}

const fn own(name: &'static str, run: fn(&Call<'_>) -> Outcome) -> Function {
    Function { name, least: 1, most: 1, marks: Marks::Own, run }
}

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    let at = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
    FUNCTIONS.get(at)
}

/// All names, sorted.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// What no scan can know: the time, chance, a private key.
fn offline(call: &Call<'_>) -> Outcome {
    Err(call.offline())
}

const ANY: usize = usize::MAX;

/// Sorted by name, for the binary search.
static FUNCTIONS: &[Function] = &[
    deep("abs", 1, 1, numeric::abs),
    deep("abspath", 1, 1, filesystem::abspath),
    deep("alltrue", 1, 1, collection::alltrue),
    deep("anytrue", 1, 1, collection::anytrue),
    shallow("assumelistlengthmax", 2, 2, convert::tolist),
    shallow("assumelistlengthmin", 2, 2, convert::tolist),
    shallow("assumemaplengthmax", 2, 2, convert::tomap),
    shallow("assumemaplengthmin", 2, 2, convert::tomap),
    shallow("assumenotnull", 1, 1, convert::first),
    deep("assumesetlength", 3, 3, convert::toset),
    shallow("assumestringprefix", 2, 2, convert::first),
    deep("base64decode", 1, 1, encoding::base64decode),
    deep("base64encode", 1, 1, encoding::base64encode),
    deep("base64gunzip", 1, 1, encoding::base64gunzip),
    deep("base64gzip", 1, 1, encoding::base64gzip),
    deep("base64sha256", 1, 1, hash::base64sha256),
    deep("base64sha512", 1, 1, hash::base64sha512),
    deep("basename", 1, 1, filesystem::basename),
    deep("bcrypt", 1, 2, offline),
    deep("ceil", 1, 1, numeric::ceil),
    deep("chomp", 1, 1, string::chomp),
    shallow("chunklist", 2, 2, collection::chunklist),
    deep("cidrcontains", 2, 2, network::cidrcontains),
    deep("cidrhost", 2, 2, network::cidrhost),
    deep("cidrnetmask", 1, 1, network::cidrnetmask),
    deep("cidrsubnet", 3, 3, network::cidrsubnet),
    deep("cidrsubnets", 1, ANY, network::cidrsubnets),
    deep("coalesce", 1, ANY, collection::coalesce),
    deep("coalescelist", 1, ANY, collection::coalescelist),
    deep("compact", 1, 1, collection::compact),
    shallow("concat", 1, ANY, collection::concat),
    deep("contains", 2, 2, collection::contains),
    deep("csvdecode", 1, 1, encoding::csvdecode),
    deep("dirname", 1, 1, filesystem::dirname),
    deep("distinct", 1, 1, collection::distinct),
    shallow("element", 2, 2, collection::element),
    deep("endswith", 2, 2, string::endswith),
    shallow("ephemeralasnull", 1, 1, convert::first),
    deep("file", 1, 1, filesystem::file),
    deep("filebase64", 1, 1, filesystem::filebase64),
    deep("filebase64sha256", 1, 1, hash::filebase64sha256),
    deep("filebase64sha512", 1, 1, hash::filebase64sha512),
    deep("fileexists", 1, 1, filesystem::fileexists),
    deep("filemd5", 1, 1, hash::filemd5),
    deep("fileset", 2, 2, filesystem::fileset),
    deep("filesha1", 1, 1, hash::filesha1),
    deep("filesha256", 1, 1, hash::filesha256),
    deep("filesha512", 1, 1, hash::filesha512),
    shallow("flatten", 1, 1, collection::flatten),
    own("flip_sensitive", convert::flip_sensitive),
    deep("floor", 1, 1, numeric::floor),
    deep("format", 1, ANY, format::format),
    deep("formatdate", 2, 2, date::formatdate),
    deep("formatlist", 1, ANY, format::formatlist),
    deep("indent", 2, 2, string::indent),
    deep("index", 2, 2, collection::index),
    own("issensitive", convert::issensitive),
    deep("join", 1, ANY, string::join),
    deep("jsondecode", 1, 1, encoding::jsondecode),
    deep("jsonencode", 1, 1, encoding::jsonencode),
    shallow("keys", 1, 1, map::keys),
    shallow("length", 1, 1, collection::length),
    deep("list", 0, ANY, convert::removed),
    deep("log", 2, 2, numeric::log),
    Function { name: "lookup", least: 2, most: 3, marks: Marks::Own, run: map::lookup },
    deep("lower", 1, 1, string::lower),
    deep("map", 0, ANY, convert::removed),
    deep("matchkeys", 3, 3, collection::matchkeys),
    deep("max", 1, ANY, numeric::max),
    deep("md5", 1, 1, hash::md5),
    shallow("merge", 0, ANY, map::merge),
    deep("min", 1, ANY, numeric::min),
    own("nonsensitive", convert::nonsensitive),
    shallow("one", 1, 1, collection::one),
    deep("parseint", 2, 2, numeric::parseint),
    deep("pathexpand", 1, 1, filesystem::pathexpand),
    deep("plantimestamp", 0, 0, offline),
    deep("pow", 2, 2, numeric::pow),
    deep("range", 1, 3, numeric::range),
    deep("regex", 2, 2, pattern::regex),
    deep("regexall", 2, 2, pattern::regexall),
    deep("replace", 3, 3, pattern::replace),
    shallow("reverse", 1, 1, collection::reverse),
    deep("rsadecrypt", 2, 2, offline),
    own("sensitive", convert::sensitive),
    deep("setintersection", 1, ANY, set::setintersection),
    shallow("setproduct", 2, ANY, set::setproduct),
    deep("setsubtract", 2, 2, set::setsubtract),
    deep("setunion", 1, ANY, set::setunion),
    deep("sha1", 1, 1, hash::sha1),
    deep("sha256", 1, 1, hash::sha256),
    deep("sha512", 1, 1, hash::sha512),
    deep("signum", 1, 1, numeric::signum),
    shallow("slice", 3, 3, collection::slice),
    deep("sort", 1, 1, collection::sort),
    deep("split", 2, 2, string::split),
    deep("startswith", 2, 2, string::startswith),
    deep("strcontains", 2, 2, string::strcontains),
    deep("strrev", 1, 1, string::strrev),
    deep("substr", 3, 3, string::substr),
    deep("sum", 1, 1, numeric::sum),
    deep("templatefile", 2, 2, filesystem::templatefile),
    deep("templatestring", 2, 2, filesystem::templatestring),
    deep("textdecodebase64", 2, 2, text_encoding::textdecodebase64),
    deep("textencodebase64", 2, 2, text_encoding::textencodebase64),
    deep("timeadd", 2, 2, date::timeadd),
    deep("timecmp", 2, 2, date::timecmp),
    deep("timestamp", 0, 0, offline),
    deep("title", 1, 1, string::title),
    deep("tobool", 1, 1, convert::tobool),
    shallow("tolist", 1, 1, convert::tolist),
    shallow("tomap", 1, 1, convert::tomap),
    deep("tonumber", 1, 1, convert::tonumber),
    deep("toset", 1, 1, convert::toset),
    deep("tostring", 1, 1, convert::tostring),
    deep("transpose", 1, 1, map::transpose),
    deep("trim", 2, 2, string::trim),
    deep("trimprefix", 2, 2, string::trimprefix),
    deep("trimspace", 1, 1, string::trimspace),
    deep("trimsuffix", 2, 2, string::trimsuffix),
    deep("upper", 1, 1, string::upper),
    deep("urldecode", 1, 1, encoding::urldecode),
    deep("urlencode", 1, 1, encoding::urlencode),
    deep("uuid", 0, 0, offline),
    deep("uuidv5", 2, 2, hash::uuidv5),
    shallow("values", 1, 1, map::values),
    deep("yamldecode", 1, 1, yaml::yamldecode),
    deep("yamlencode", 1, 1, yaml::yamlencode),
    shallow("zipmap", 2, 2, map::zipmap),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_sorted() {
        assert!(super::FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
    }
}
