using System.Globalization;

namespace NJepa.Training;

/// <summary>
/// The readings of a run's <see cref="OnlineProbe"/> as <c>probe.csv</c> in its output folder: one line for each, numbers in full. As <see cref="LossLog"/>, a run that was interrupted and
/// resumed leaves the very file that an uninterrupted one does.
/// </summary>
public static class ProbeLog
{
    /// <summary>The file's name.</summary>
    public const string FileName = "probe.csv";

    internal const string Header = "step,epoch,nearest_neighbours,linear_probe,rank_me,training_images,test_images";

    /// <summary>Reads the readings of a run.</summary>
    /// <param name="path">The file, or the output folder that it lies in.</param>
    /// <returns>Its lines; a last one that was cut off is left out.</returns>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is no log of readings.</exception>
    public static IReadOnlyList<OnlineProbeReading> Read(string path) => StepLog.Read(path, FileName, Header, "log of probe readings", Parse);

    internal static string Line(OnlineProbeReading reading) => string.Create(
        CultureInfo.InvariantCulture,
        $"{reading.Step},{reading.Epoch},{reading.NearestNeighbours:R},{reading.LinearProbe:R},{reading.RankMe:R},{reading.TrainingImages},{reading.TestImages}\n");

    internal static OnlineProbeReading? Parse(string line)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        double? linear = null;
        if (line.Split(',') is not [var steps, var epochs, var near, var linears, var ranks, var trains, var tests]
            || !long.TryParse(steps, NumberStyles.None, culture, out long step)
            || !int.TryParse(epochs, NumberStyles.None, culture, out int epoch)
            || !TryShare(near, out double nearest)
            || !double.TryParse(ranks, NumberStyles.Float, culture, out double rank)
            || !int.TryParse(trains, NumberStyles.None, culture, out int train)
            || !int.TryParse(tests, NumberStyles.None, culture, out int test) || test < 1)
        {
            return null;
        }

        if (linears.Length > 0)
        {
            if (!TryShare(linears, out double accuracy))
            {
                return null;
            }

            linear = accuracy;
        }

        return new OnlineProbeReading(step, epoch, nearest, linear, rank, train, test);
    }

    private static bool TryShare(string text, out double share) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out share) && share is >= 0 and <= 1;
}
