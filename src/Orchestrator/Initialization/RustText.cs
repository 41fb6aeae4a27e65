using System.Text.RegularExpressions;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>Rust source text without what is no code.</summary>
internal static partial class RustText
{
    /// <summary>The text without strings and comments.</summary>
    public static string WithoutStringsAndComments(string text) => NoCode().Replace(text, " ");

    /// <summary>The text without comments.</summary>
    public static string WithoutComments(string text) => NoCode().Replace(text, static m => m.Value[0] == '"' ? m.Value : " ");

    // Strings, comments to the end of a line, and comments in which others can be. One that does not end goes to the end of the file, and is
    // looked at once.
    [GeneratedRegex("""
        "(?>[^"\\]|\\.)*(?>"|\\?\z)|//[^\n]*|/\*(?>/\*(?<inner>)|\*/(?<-inner>)|(?!/\*|\*/).)*(?>(?(inner)(?!))\*/|\z)
        """, RegexOptions.Singleline)]
    private static partial Regex NoCode();
}
