using System.Text.RegularExpressions;

namespace BpfIncr.Stages.Verify;

/// <summary>Why a program was not loaded that the verifier has not looked at, from what libbpf said of it.</summary>
internal static partial class LoadFailure
{
    /// <summary>The cause in libbpf's words.</summary>
    public static string CauseOf(ProgramReport program)
    {
        if (Cause(program) is not { } cause) return $"error {program.Error}";
        string prefix = $"prog '{program.Name}': ";
        return Number().Replace(cause.StartsWith(prefix, StringComparison.Ordinal) ? cause[prefix.Length..] : cause, "");
    }

    /// <summary>What to do about it, or null.</summary>
    /// <param name="program">The program.</param>
    /// <param name="securityModules">The kernel's list of them; null when it is not known.</param>
    public static string? HintFor(ProgramReport program, string? securityModules) => program.Type.Length == 0
        ? $"Nothing tells what kind of program it is: give its section, now {program.Section}, one of libbpf's names."
        : program.Error switch
        {
            LoadErrors.NotPermitted when program.Type == "lsm" => SecurityModules.HintFor(securityModules),
            LoadErrors.NotPermitted => "This kernel does not permit it and does not say why; a missing capability or a lockdown can be the cause.",
            _ when Cause(program)?.StartsWith("map '", StringComparison.Ordinal) == true =>
                "This kernel does not take the map as it is defined: see whether it knows the type, and look at the sizes, the number of entries and the flags.",
            _ when Cause(program)?.StartsWith("extern ", StringComparison.Ordinal) == true =>
                "This kernel does not have the symbol, or has it with other types: declare it as weak and ask whether it is null, or build the program only for kernels that have it.",
            LoadErrors.NoEntry or LoadErrors.NoProcess =>
                $"This kernel does not have what the program attaches to: look at the name in its section, {program.Section}, or build the program only for kernels that have it.",
            LoadErrors.InvalidArgument => "This kernel may not know programs or maps of this type.",
            _ => null,
        };

    // What libbpf says last is only that it has given up, and its guess at a limit of memory is about kernels before 5.11.
    private static string? Cause(ProgramReport program) => program.Messages.LastOrDefault(static message => !GivingUp().IsMatch(message));

    [GeneratedRegex(@"^permission error while running as root|^failed to load object|: failed to load: -\d+$|: failed to prepare load attributes: -\d+$")]
    private static partial Regex GivingUp();

    [GeneratedRegex(@": -\d+$")]
    private static partial Regex Number();
}
