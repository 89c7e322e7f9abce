/* The statistics against values worked out by hand or known from theory, and the forecasts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/leak/forecast.h"
#include "policy/leak/trend.h"
#include "series.h"

static struct trend_series line(uint32_t count, double slope)
{
    struct trend_series series = {.count = count};
    for (uint32_t i = 0; i < count; i++) {
        series.t[i] = i;
        series.x[i] = slope * i;
    }
    return series;
}

static void assert_near(double value, double expected, double within)
{
    if (fabs(value - expected) > within)
        fail_msg("%.9g is not within %g of %.9g", value, within, expected);
}

static void a_line_has_its_slope_and_the_largest_z(void **state)
{
    (void)state;
    struct trend_series series = line(10, 3);
    struct trend trend = trend_fit(&series);
    assert_near(trend.slope, 3, 1e-12);
    assert_near(trend.slope_low, 3, 1e-12);
    assert_near(trend.slope_high, 3, 1e-12);
    assert_near(trend.level, 27, 1e-12);
    assert_near(trend.sigma, 0, 1e-12);
    /* S = 45, Var = 10 x 9 x 25 / 18 = 125 */
    assert_near(trend.z, 44 / sqrt(125), 1e-9);
}

static void ties_shrink_the_variance(void **state)
{
    (void)state;
    struct trend_series series = {.count = 4, .t = {0, 1, 2, 3}, .x = {1, 1, 2, 2}};
    /* S = 4, Var = (4 x 3 x 13 - 2 x (2 x 1 x 9)) / 18 = 120 / 18 */
    assert_near(trend_fit(&series).z, 3 / sqrt(120.0 / 18), 1e-9);
}

static void a_falling_line_has_the_opposite_z(void **state)
{
    (void)state;
    struct trend_series up = line(20, 1), down = line(20, -1);
    assert_near(trend_fit(&up).z, -trend_fit(&down).z, 1e-12);
}

static void flat_and_short_series_have_no_trend(void **state)
{
    (void)state;
    struct trend_series flat = line(30, 0), two = line(2, 1);
    assert_near(trend_fit(&flat).z, 0, 0);
    assert_near(trend_fit(&flat).slope, 0, 0);
    assert_near(trend_fit(&two).slope, 0, 0);
    assert_near(trend_slope(&two, 0, 1), 0, 0);
}

static void a_quarter_of_spikes_leaves_the_slope_alone(void **state)
{
    (void)state;
    struct trend_series series = line(36, 2);
    uint64_t seed = 1;
    for (uint32_t i = 0; i < 36; i++)
        series.x[i] += noise(&seed) + (i % 4 == 1 ? 500 : 0);
    struct trend trend = trend_fit(&series);
    assert_near(trend.slope, 2, 0.3);
    assert_true(trend.slope_low <= trend.slope && trend.slope <= trend.slope_high);
}

/* Noise with a memory wanders; without the correction its Z is above 3 in a third of all cases. */
static void a_slow_wander_is_seldom_a_trend(void **state)
{
    (void)state;
    uint64_t seed = 7;
    int risen = 0;
    for (int run = 0; run < 300; run++) {
        struct trend_series series = line(36, 0);
        double level = 0;
        for (uint32_t i = 0; i < 36; i++)
            series.x[i] = level = 0.9 * level + noise(&seed);
        risen += trend_fit(&series).z > 3;
    }
    assert_true(risen < 30);
}

static void the_slope_of_a_part_is_that_part_s(void **state)
{
    (void)state;
    struct trend_series series = line(20, 1);
    for (uint32_t i = 10; i < 20; i++)
        series.x[i] = 10 + 5.0 * (i - 10);
    assert_near(trend_slope(&series, 0, 10), 1, 1e-12);
    assert_near(trend_slope(&series, 10, 10), 5, 1e-12);
}

static void time_to_limit_has_a_band_around_it(void **state)
{
    (void)state;
    const struct trend trend = {.slope = 2, .slope_low = 1, .slope_high = 8};
    struct forecast left;
    assert_true(forecast_time_to_limit(&trend, 100, 40, 180, &left));
    assert_near(left.p50, 40, 1e-9);
    assert_near(left.p10, 10, 1e-9);
    assert_near(left.p90, 80, 1e-9);
}

static void the_band_is_never_narrower_than_experience(void **state)
{
    (void)state;
    const struct trend trend = {.slope = 2, .slope_low = 2, .slope_high = 2};
    struct forecast left;
    assert_true(forecast_time_to_limit(&trend, 100, 40, 180, &left));
    assert_near(log(left.p90 / left.p50), 1.2816 * FORECAST_SPREAD, 1e-9);
    assert_near(log(left.p50 / left.p10), 1.2816 * FORECAST_SPREAD, 1e-9);
}

static void what_does_not_grow_has_no_forecast_and_what_is_there_has_zero(void **state)
{
    (void)state;
    const struct trend trend = {.slope = 2, .slope_low = -1, .slope_high = 3};
    struct forecast left;
    assert_false(forecast_time_to_limit(&trend, 100, 3.2e9, 180, &left));
    assert_true(forecast_time_to_limit(&trend, 200, 0, 180, &left));
    assert_near(left.p10 + left.p50 + left.p90, 0, 0);
}

static void an_exponential_s_ceiling_is_found(void **state)
{
    (void)state;
    /* 1 - exp(-t) at t = 0.5, 1, 1.5 */
    double a = 1 - exp(-0.5), b = 1 - exp(-1), c = 1 - exp(-1.5);
    assert_near(forecast_ceiling(c, c - b, (c - b) / (b - a)), 1, 1e-9);
    assert_true(isinf(forecast_ceiling(c, 1, 1)));
    assert_near(forecast_ceiling(5, 0, -1), 5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_its_slope_and_the_largest_z),
        cmocka_unit_test(ties_shrink_the_variance),
        cmocka_unit_test(a_falling_line_has_the_opposite_z),
        cmocka_unit_test(flat_and_short_series_have_no_trend),
        cmocka_unit_test(a_quarter_of_spikes_leaves_the_slope_alone),
        cmocka_unit_test(a_slow_wander_is_seldom_a_trend),
        cmocka_unit_test(the_slope_of_a_part_is_that_part_s),
        cmocka_unit_test(time_to_limit_has_a_band_around_it),
        cmocka_unit_test(the_band_is_never_narrower_than_experience),
        cmocka_unit_test(what_does_not_grow_has_no_forecast_and_what_is_there_has_zero),
        cmocka_unit_test(an_exponential_s_ceiling_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
