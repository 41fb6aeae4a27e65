using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// The part of a workspace's root manifest that can change how a member is compiled: profiles, lints, inherited
/// package fields. What only says who is a member, or where dependencies come from, shows in cargo's own answer for
/// each package, and would otherwise make every probe look changed when one is added.
/// </summary>
internal static class RootManifest
{
    private static readonly string[] WorkspaceKeys = ["members", "default-members", "exclude"];

    /// <summary>The manifest's text without those parts; the whole text when it cannot be read as TOML.</summary>
    public static string WithoutMembership(string text)
    {
        if (Parse(text) is not { HasErrors: false } document)
            return text;
        foreach (var table in document.Tables.ToList())
            Reduce(document, table);
        return document.ToString();
    }

    // The parser reports errors, but also throws at some: either way cargo is the one to say what is wrong.
    private static DocumentSyntax? Parse(string text)
    {
        try
        {
            return SyntaxParser.Parse(text, "Cargo.toml", false);
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static void Reduce(DocumentSyntax document, TableSyntaxBase table)
    {
        var name = table.Name?.ToString().Trim();
        if (name is "workspace.dependencies" or "workspace.metadata" || name?.StartsWith("workspace.dependencies.", StringComparison.Ordinal) == true)
            document.Tables.RemoveChild(table);
        else if (name == "workspace")
            foreach (var item in table.Items.Where(i => WorkspaceKeys.Contains(i.Key?.ToString().Trim())).ToList())
                table.Items.RemoveChild(item);
    }
}
