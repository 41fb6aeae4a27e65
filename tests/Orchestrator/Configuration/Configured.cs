using System.Text;
using BpfIncr.Orchestrator.Configuration;

namespace BpfIncr.Orchestrator.Tests.Configuration;

internal static class Configured
{
    public const string Directory = "/checkout/probes";

    public static Settings By(string json) => SettingsReader.Read(Encoding.UTF8.GetBytes(json), Directory);

    public static VariantSettings Variant(string members) => By(WithVariant(members)).Variants["v"];

    /// <summary>A configuration with one variant, <c>v</c>, and what it sets.</summary>
    public static string WithVariant(string members) => "{\"variants\": {\"v\": {" + members + "}}}";

    public static ConfigurationError ErrorIn(string json) => Assert.Single(ErrorsIn(json));

    public static IReadOnlyList<ConfigurationError> ErrorsIn(string json) => Assert.Throws<ConfigurationException>(() => By(json)).Errors;
}
