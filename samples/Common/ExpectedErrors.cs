using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Training;

namespace NJepa.Samples;

/// <summary>Tells what the user can mend from what is a mistake of the program; only the latter deserves a stack trace.</summary>
internal static class ExpectedErrors
{
    public static bool Includes(Exception exception) => exception is
        SampleException or JepaConfigurationException or OptionsValidationException or TrainingException or CheckpointException or ImageSourceException
        or TooManyBadImagesException or WeightsException or NativeRuntimeException or EvaluationException
        or IOException or UnauthorizedAccessException or ExternalException or OutOfMemoryException;

    /// <summary>The message in one line; lists lose their dashes, and what the native runtime adds below its first line is left out.</summary>
    public static string OneLine(Exception exception)
    {
        string[] lines = exception.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return exception is ExternalException
            ? lines.FirstOrDefault() ?? "The native runtime failed."
            : string.Join(' ', lines.Select(line => line.StartsWith("- ", StringComparison.Ordinal) ? line[2..] : line));
    }
}
