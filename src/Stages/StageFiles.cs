using System.Collections.Immutable;

namespace BpfIncr.Stages;

/// <summary>A tool call's arguments taken apart: the options on one side, the files on the other.</summary>
internal sealed class StageFiles
{
    private static readonly string[] FileOptions = ["--object=", "--library=", "--exports=", "--expected-exports=", "--output="];
    private readonly ToolCall call;

    /// <exception cref="FormatException">A file is named that the call does not give, or no output is named.</exception>
    public StageFiles(ToolCall call)
    {
        this.call = call;
        if (call.Arguments.IsDefaultOrEmpty) throw new FormatException("a stage must be named");
        Options = [.. call.Arguments.Where((argument, index) => index == 0 || IsOption(argument))];
        string output = Named("--output=").SingleOrDefault() ?? throw new FormatException("--output=NAME must be given once");
        Output = Path.GetFullPath(Path.Combine(call.OutputDirectory, output));
        string directory = Path.GetFullPath(call.OutputDirectory) + Path.DirectorySeparatorChar;
        if (!Output.StartsWith(directory, StringComparison.Ordinal)) throw new FormatException($"{output} is outside of the output directory");
    }

    /// <summary>The stage's name and its options.</summary>
    public ImmutableArray<string> Options { get; }

    /// <summary>Where the result goes.</summary>
    public string Output { get; }

    /// <summary>The program's own objects, in order.</summary>
    public ImmutableArray<ToolInput> Objects => [.. Named("--object=").Select(Find)];

    /// <summary>Libraries to take what is needed from, in order.</summary>
    public ImmutableArray<ToolInput> Libraries => [.. Named("--library=").Select(Find)];

    /// <summary>The list of exported symbols.</summary>
    public ToolInput Exports => Named("--exports=").Select(Find).SingleOrDefault() ?? throw new FormatException("--exports=NAME must be given once");

    /// <summary>The list of those that somebody has named, and that should be there; null for none.</summary>
    public ToolInput? ExpectedExports => Named("--expected-exports=").Select(Find).SingleOrDefault();

    /// <summary>The one input of a stage that has only one.</summary>
    public ToolInput Input
    {
        get
        {
            string[] names = [.. call.Arguments.Skip(1).Where(static argument => !argument.StartsWith("--", StringComparison.Ordinal))];
            return names.Length == 1 ? Find(names[0]) : throw new FormatException("one input must be named");
        }
    }

    private static bool IsOption(string argument) =>
        argument.StartsWith("--", StringComparison.Ordinal) &&
        !Array.Exists(FileOptions, prefix => argument.StartsWith(prefix, StringComparison.Ordinal));

    private IEnumerable<string> Named(string prefix) => call.Arguments
        .Where(argument => argument.StartsWith(prefix, StringComparison.Ordinal))
        .Select(argument => argument[prefix.Length..]);

    private ToolInput Find(string name) =>
        call.Inputs.FirstOrDefault(input => input.Name == name) ?? throw new FormatException($"no input is named {name}");
}
