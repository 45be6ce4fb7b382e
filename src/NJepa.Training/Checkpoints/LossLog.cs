using System.Globalization;
using System.Text;

namespace NJepa.Training;

/// <summary>
/// The loss curve of a run as <c>losses.csv</c> in its output folder: one line for each report, numbers in full. It holds nothing that depends on time or machine load, so that a run that was
/// interrupted and resumed leaves the very file that an uninterrupted one does.
/// </summary>
public static class LossLog
{
    /// <summary>The file's name.</summary>
    public const string FileName = "losses.csv";

    internal const string Header = "step,epoch,loss,clean_teacher,noisy_teacher,noisy_clean,variance,covariance,learning_rate,weight_decay,momentum";
    private const int Columns = 11;

    /// <summary>Reads a loss log.</summary>
    /// <param name="path">The file, or the output folder that it lies in.</param>
    /// <returns>Its lines; a last one that was cut off is left out.</returns>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is no loss log.</exception>
    public static IReadOnlyList<LossLogEntry> Read(string path) => StepLog.Read(path, FileName, Header, "loss log", Parse);

    internal static string Line(TrainingProgress report)
    {
        (LossValues losses, StepSettings settings) = (report.Losses, report.Settings);
        double?[] numbers = [losses.Total, losses.CleanTeacher, losses.NoisyTeacher, losses.NoisyClean, losses.Variance, losses.Covariance, settings.LearningRate, settings.WeightDecay, settings.Momentum];
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{report.Step},{report.Epoch}");
        foreach (double? number in numbers)
        {
            line.Append(',').Append(number?.ToString("R", CultureInfo.InvariantCulture));
        }

        return line.Append('\n').ToString();
    }

    internal static LossLogEntry? Parse(string line)
    {
        string[] cells = line.Split(',');
        var numbers = new double?[Columns - 2];
        if (cells.Length != Columns || !long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out long step) || !int.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out int epoch))
        {
            return null;
        }

        for (int i = 0; i < numbers.Length; i++)
        {
            if (cells[i + 2].Length > 0)
            {
                if (!double.TryParse(cells[i + 2], NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
                {
                    return null;
                }

                numbers[i] = number;
            }
        }

        return numbers is [{ } total, { } cleanTeacher, var noisyTeacher, var noisyClean, var variance, var covariance, { } rate, { } decay, { } momentum]
            ? new LossLogEntry(step, epoch, new LossValues(total, cleanTeacher, noisyTeacher, noisyClean, variance, covariance), new StepSettings(rate, decay, momentum))
            : null;
    }
}
