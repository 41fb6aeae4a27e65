using System.Collections.Immutable;

namespace BpfIncr.Stages;

/// <summary>One input of a <see cref="ToolCall"/>: the name it has in the arguments and the file that holds its bytes.</summary>
/// <param name="Name">Relative name, as the arguments say it, such as <c>objects/0.bc</c>.</param>
/// <param name="Path">Absolute path of a file to read; never written.</param>
public sealed record ToolInput(string Name, string Path);

/// <summary>
/// One run of a stage tool. <see cref="Arguments"/> is exactly the command line of the step's action, so that what
/// is hashed is what runs; only the mapping from input names to files differs from machine to machine.
/// </summary>
/// <param name="Arguments">The stage's name, its options, the input names and <c>--output=NAME</c>.</param>
/// <param name="Inputs">Where the bytes of each named input are.</param>
/// <param name="OutputDirectory">An empty directory that belongs to this call; outputs are written below it by name.</param>
public sealed record ToolCall(ImmutableArray<string> Arguments, ImmutableArray<ToolInput> Inputs, string OutputDirectory);

/// <summary>What a tool call gave. Outputs exist, complete, only when <see cref="Succeeded"/>.</summary>
/// <param name="Succeeded">False when any diagnostic is an error.</param>
/// <param name="Diagnostics">Errors and warnings in the order found, without duplicates.</param>
public sealed record ToolResult(bool Succeeded, ImmutableArray<Diagnostic> Diagnostics);
