using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using static System.FormattableString;

namespace NJepa.Training;

/// <summary>Checks <see cref="PretrainingOptions"/> as a whole and reports every error. Register it to have bound options checked: <c>services.AddSingleton&lt;IValidateOptions&lt;PretrainingOptions&gt;, PretrainingOptionsValidator&gt;()</c>.</summary>
public sealed class PretrainingOptionsValidator : IValidateOptions<PretrainingOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PretrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> errors = Errors(options);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    internal static IReadOnlyList<string> Errors(PretrainingOptions options)
    {
        var errors = new List<string>();
        AddRangeErrors(errors, "PretrainingOptions.", options, new PretrainingOptions());
        if (options.Checkpoints is null)
        {
            errors.Add("PretrainingOptions.Checkpoints is null; leave it as it is, or use new CheckpointOptions().");
        }
        else
        {
            AddRangeErrors(errors, "CheckpointOptions.", options.Checkpoints, new CheckpointOptions());
        }

        if (options.CropScaleMin > options.CropScaleMax)
        {
            errors.Add(Invariant($"PretrainingOptions.CropScaleMin is {options.CropScaleMin}, above CropScaleMax = {options.CropScaleMax}; swap them or lower the minimum."));
        }

        if (options.MicroBatchSize > options.BatchSize)
        {
            errors.Add(Invariant($"PretrainingOptions.MicroBatchSize is {options.MicroBatchSize}, above BatchSize = {options.BatchSize}; lower it, or leave it null to compute whole batches at once."));
        }

        if (options.WarmupEpochs > options.Epochs)
        {
            errors.Add(Invariant($"PretrainingOptions.WarmupEpochs is {options.WarmupEpochs}, more than Epochs = {options.Epochs}; shorten the warm-up or leave it null for one fifteenth of the run."));
        }

        if (options.Normalization is null)
        {
            errors.Add("PretrainingOptions.Normalization is null; use ImageNormalization.ImageNet or your own mean and standard deviation.");
        }

        if (options.OutputDirectory is { } directory && (string.IsNullOrWhiteSpace(directory) || directory.Contains('\0', StringComparison.Ordinal)))
        {
            errors.Add($"PretrainingOptions.OutputDirectory is '{directory.Replace("\0", "\\0", StringComparison.Ordinal)}'; it must be the path of a folder, or null to save nothing.");
        }

        if (options.ImageCache is { } cache && (string.IsNullOrWhiteSpace(cache) || cache.Contains('\0', StringComparison.Ordinal)))
        {
            errors.Add($"PretrainingOptions.ImageCache is '{cache.Replace("\0", "\\0", StringComparison.Ordinal)}'; it must be the path of a file, or null to decode each time.");
        }

        return errors;
    }

    internal static void AddRangeErrors(List<string> errors, string prefix, object options, object defaults)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            object? value = property.GetValue(options);
            foreach (ValidationAttribute attribute in property.GetCustomAttributes<ValidationAttribute>())
            {
                // A RangeAttribute lets NaN pass: no comparison with it is true.
                if (!attribute.IsValid(value) || value is double.NaN)
                {
                    errors.Add(Invariant($"{prefix}{property.Name} is {value}; it must be {Allowed(attribute)}{Default(property, defaults)}."));
                }
            }
        }
    }

    private static string Allowed(ValidationAttribute attribute) => attribute switch
    {
        RangeAttribute range => Invariant($"from {range.Minimum} to {range.Maximum}"),
        EnumDataTypeAttribute choice => "one of " + string.Join(", ", Enum.GetNames(choice.EnumType)),
        _ => attribute.FormatErrorMessage("it"),
    };

    private static string Default(PropertyInfo property, object defaults) => property.GetValue(defaults) is { } value
        ? $" (default {Convert.ToString(value, CultureInfo.InvariantCulture)})"
        : " or null";
}
