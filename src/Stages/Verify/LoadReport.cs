using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace BpfIncr.Stages.Verify;

/// <summary>What a loader is asked: to load an object.</summary>
/// <param name="Path">The object.</param>
/// <param name="LogLimit">How much of a program's log is wanted at most, in characters: what is behind is worth more than what is before.</param>
public sealed record LoadRequest(string Path, int LogLimit);

/// <summary>What became of a program in the kernel.</summary>
public enum ProgramState
{
    /// <summary>The kernel has taken it.</summary>
    Accepted,

    /// <summary>It was not loaded: the kernel has refused it, or what it needs, or libbpf has.</summary>
    Rejected,

    /// <summary>Its section's name begins with a question mark: it is loaded only when somebody asks for it.</summary>
    NotLoaded,
}

/// <summary>What a loader found, uninterpreted: what libbpf and the kernel said, in their own words.</summary>
/// <param name="Libbpf">libbpf's version.</param>
/// <param name="Kernel">The kernel's release.</param>
/// <param name="Error">The error number when the object could not even be opened, else 0.</param>
/// <param name="Messages">libbpf's warnings about the object as a whole.</param>
/// <param name="Programs">Every program; empty when the object could not be opened.</param>
public sealed record LoadReport(
    string Libbpf, string Kernel, int Error, ImmutableArray<string> Messages, ImmutableArray<ProgramReport> Programs)
{
    /// <summary>Whether the object has no license, and was loaded with the one that aya's loader gives it.</summary>
    public bool IsLicenseAdded { get; init; }

    /// <summary>The kernel's security modules in its own words, separated by commas; null when they cannot be known.</summary>
    public string? SecurityModules { get; init; }
}

/// <summary>What a loader found of one program.</summary>
/// <param name="Name">Its function's name.</param>
/// <param name="Section">Its section's name.</param>
/// <param name="Type">Its type in libbpf's words; empty when nothing tells it.</param>
/// <param name="State">What became of it.</param>
/// <param name="Error">The error number, or 0.</param>
/// <param name="Log">The verifier's log: all of it for a program that was rejected, its statistics for one that was accepted.</param>
/// <param name="Messages">libbpf's warnings when it was loaded alone.</param>
/// <param name="Subprograms">The functions that libbpf put behind it, in their order.</param>
/// <param name="Functions">Of how many functions in it the kernel has kept the type; 0 unless it was accepted.</param>
/// <param name="Lines">How many of its source lines the kernel has kept; 0 unless it was accepted.</param>
public sealed record ProgramReport(
    string Name,
    string Section,
    string Type,
    ProgramState State,
    int Error,
    string Log,
    ImmutableArray<string> Messages,
    ImmutableArray<Subprogram> Subprograms,
    int Functions = 0,
    int Lines = 0);

/// <summary>A function that libbpf put behind a program.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="Instructions">How many instructions it has.</param>
public sealed record Subprogram(string Name, int Instructions);

/// <summary>What goes over a loader's streams: one JSON text a line.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(LoadRequest))]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoaderJson : JsonSerializerContext;
