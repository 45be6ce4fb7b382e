namespace NJepa.Evaluation.Tests;

public sealed class CollapseMeasuresTests : TensorTest
{
    [Fact]
    public void All_measures_match_a_double_precision_oracle()
    {
        FeatureSet set = Features.Clouds(3, 40, 9, 0.7, seed: 1);
        float[][] rows = [.. Enumerable.Range(0, set.Count).Select(i => set.Row(i).ToArray())];

        CollapseReport report = CollapseMeasures.Measure(set);

        report.Count.Should().Be(120);
        report.Width.Should().Be(9);
        report.FeatureStandardDeviation.Should().BeApproximately(Enumerable.Range(0, 9).Average(d => SampleDeviation([.. rows.Select(r => (double)r[d])])), 1e-12);
        report.MeanPairwiseCosine.Should().BeApproximately(OracleMeanCosine(rows), 1e-12);
        report.RankMe.Should().BeApproximately(OracleRankMe(rows), 1e-9);
        report.RootMeanSquare.Should().BeApproximately(Math.Sqrt(set.Values.Average(x => (double)x * x)), 1e-12);
        float[][] centred = [.. rows.Select(r => r.Select((x, d) => (float)(x - rows.Average(o => (double)o[d]))).ToArray())];
        report.CentredRankMe.Should().BeApproximately(OracleRankMe(centred), 1e-5, "the oracle's centred rows are rounded to single precision");
        report.RankFraction.Should().BeApproximately(report.CentredRankMe / 9, 1e-12);
    }

    [Fact]
    public void RankMe_counts_directions_that_are_used_equally()
    {
        // Four orthogonal directions of six, equally long: the singular values are equal, so exactly four dimensions.
        float[] values = new float[8 * 6];
        for (int i = 0; i < 8; i++)
        {
            values[(i * 6) + (i % 4)] = 3;
        }

        CollapseMeasures.RankMe(Features.Unlabelled(values, 6)).Should().BeApproximately(4, 1e-9);
    }

    [Fact]
    public void RankMe_works_with_fewer_images_than_features() =>
        CollapseMeasures.RankMe(Features.Unlabelled([1, 0, 0, 0, 0, 1, 0, 0], 4)).Should().BeApproximately(2, 1e-9);

    [Fact]
    public void Features_that_are_all_zero_have_no_dimension_and_have_collapsed()
    {
        CollapseReport report = CollapseMeasures.Measure(Features.Unlabelled(new float[40], 4));

        report.RankMe.Should().Be(0);
        report.MeanPairwiseCosine.Should().Be(0);
        report.FeatureStandardDeviation.Should().Be(0);
        report.IsCollapsed.Should().BeTrue();
    }

    [Fact]
    public void The_same_features_for_every_image_are_flagged()
    {
        CollapseReport report = CollapseMeasures.Measure(Features.Unlabelled([.. Enumerable.Range(0, 300).Select(i => (i % 3) + 0.1f)], 3));

        report.RankMe.Should().BeApproximately(1, 1e-6);
        report.CentredRankMe.Should().Be(0);
        report.MeanPairwiseCosine.Should().BeApproximately(1, 1e-12);
        report.IsCollapsed.Should().BeTrue();
    }

    [Fact]
    public void Features_along_few_directions_are_flagged_and_features_in_all_directions_are_not()
    {
        FeatureSet healthy = Features.Noise(500, 64, 2, seed: 1);
        float[] narrow = [.. healthy.Values.Select((x, i) => i % 64 < 3 ? x : x * 1e-3f)];

        CollapseMeasures.Measure(healthy).IsCollapsed.Should().BeFalse();
        CollapseMeasures.Measure(Features.Unlabelled(narrow, 64)).IsCollapsed.Should().BeTrue();
    }

    [Fact]
    public void A_large_common_part_hides_nothing_from_the_verdict()
    {
        FeatureSet healthy = Features.Noise(500, 64, 2, seed: 1);

        CollapseReport report = CollapseMeasures.Measure(Features.Unlabelled([.. healthy.Values.Select(x => x + 100)], 64));

        report.RankMe.Should().BeLessThan(10);
        report.CentredRankMe.Should().BeGreaterThan(55);
        report.IsCollapsed.Should().BeFalse();
    }

    [Fact]
    public void The_report_prints_in_one_line()
    {
        new CollapseReport(1000, 96, 0.8412, 70.11, 75.26, 0.123, 1).ToString().Should().Be("RankMe 70.1 (centred 75.3) of 96, feature std 0.841, mean cosine 0.12");
        new CollapseReport(1000, 96, 0.14, 2.8, 7.4, 0.99, 1).ToString().Should().Be("RankMe 2.8 (centred 7.4) of 96, feature std 0.140, mean cosine 0.99 (collapsed)");
    }

    [Fact]
    public void One_image_is_refused()
    {
        Action act = () => CollapseMeasures.Measure(Features.Unlabelled([1, 2], 2));

        act.Should().Throw<EvaluationException>().WithMessage(
            "There is 1 image; collapse is a matter of differences between images: give at least 2, better some hundreds.");
    }

    private static double SampleDeviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }

    private static double OracleMeanCosine(float[][] rows)
    {
        double sum = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                sum += Product(rows[i], rows[j]) / Math.Sqrt(Product(rows[i], rows[i]) * Product(rows[j], rows[j]));
            }
        }

        return sum / (rows.Length * (rows.Length - 1) / 2);
    }

    /// <summary>Singular values by Jacobi's one-sided rotations, which make the columns orthogonal.</summary>
    private static double OracleRankMe(float[][] rows)
    {
        double[][] columns = [.. Enumerable.Range(0, rows[0].Length).Select(d => rows.Select(r => (double)r[d]).ToArray())];
        for (int sweep = 0; sweep < 60; sweep++)
        {
            for (int p = 0; p < columns.Length; p++)
            {
                for (int q = p + 1; q < columns.Length; q++)
                {
                    Rotate(columns[p], columns[q]);
                }
            }
        }

        double[] singular = [.. columns.Select(c => Math.Sqrt(c.Sum(x => x * x)))];
        return Math.Exp(-singular.Sum(s => s / singular.Sum() * Math.Log(s / singular.Sum())));
    }

    private static void Rotate(double[] a, double[] b)
    {
        double ab = a.Zip(b).Sum(p => p.First * p.Second);
        if (ab == 0)
        {
            return;
        }

        double zeta = (b.Sum(x => x * x) - a.Sum(x => x * x)) / (2 * ab);
        double t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        double cos = 1 / Math.Sqrt(1 + (t * t));
        for (int i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = (cos * (a[i] - (t * b[i])), cos * ((t * a[i]) + b[i]));
        }
    }

    private static double Product(float[] a, float[] b) => a.Zip(b).Sum(p => (double)p.First * p.Second);
}
